"""Where a function on the square is zero, as line segments; decision_boundary_contour.js computes the same."""

CELLS = 30  # along each side
_PAIRS = {2: ((0, 1),), 4: ((0, 1), (2, 3))}


def zero_segments(f, end):
    """Return segments ((x, y), (x, y)) along f = 0 in [-end, end]²: marching squares, linear in each cell.

    Parameters
    ----------
    f : callable
        Of x and y, numbers.
    end : float

    Returns
    -------
    list of pairs of (x, y)

    Examples
    --------
    >>> first, *others = zero_segments(lambda x, y: x - 0.5, 3)
    >>> [[round(value, 6) for value in place] for place in first], len(others)
    ([[0.5, -3.0], [0.5, -2.8]], 29)
    """
    grid = [end * (2 * i / CELLS - 1) for i in range(CELLS + 1)]
    values = [[f(x, y) for x in grid] for y in grid]
    segments = []
    for j in range(CELLS):
        for i in range(CELLS):
            corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
            heights = [values[b][a] for a, b in corners]
            if (min(heights) > 0) == (max(heights) > 0):
                continue
            places = [(grid[a], grid[b]) for a, b in corners]
            segments += _cross(places, heights)
    return segments


def _cross(places, heights):
    """Return the segments of one cell, from the places where its sides change sign."""
    found = []
    for k in range(4):
        a, b = heights[k], heights[(k + 1) % 4]
        if (a > 0) != (b > 0):
            (x, y), (u, v), t = places[k], places[(k + 1) % 4], a / (a - b)
            found.append((x + t * (u - x), y + t * (v - y)))
    # of two segments in a saddle each cuts off a corner: the first one's neighbours or the first one
    if len(found) == 4 and (sum(heights) > 0) != (heights[0] > 0):
        found = [found[3], *found[:3]]
    return [(found[a], found[b]) for a, b in _PAIRS[len(found)]]
