// Where a function on the square is zero, as line segments; decision_boundary_contour.py computes the same.

const CELLS = 30; // along each side

// The segments of one cell, from the places where its sides change sign.
function crossings(places, heights) {
  const found = [];
  for (let k = 0; k < 4; k += 1) {
    const [a, b] = [heights[k], heights[(k + 1) % 4]];
    if (a > 0 === b > 0) continue;
    const [[x, y], [u, v], t] = [places[k], places[(k + 1) % 4], a / (a - b)];
    found.push([x + t * (u - x), y + t * (v - y)]);
  }
  // of two segments in a saddle each cuts off a corner: the first one's neighbours or the first one
  const sum = heights[0] + heights[1] + heights[2] + heights[3];
  if (found.length === 4 && sum > 0 !== heights[0] > 0) found.unshift(found.pop());
  return found.length === 4 ? [found.slice(0, 2), found.slice(2)] : [found];
}

// Marching squares, linear in each cell.
export function zeroSegments(f, end) {
  const grid = [...Array(CELLS + 1).keys()].map((i) => end * ((2 * i) / CELLS - 1));
  const values = grid.map((y) => grid.map((x) => f(x, y)));
  const segments = [];
  for (let j = 0; j < CELLS; j += 1) {
    for (let i = 0; i < CELLS; i += 1) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const heights = corners.map(([a, b]) => values[b][a]);
      if (Math.min(...heights) > 0 === Math.max(...heights) > 0) continue;
      segments.push(...crossings(corners.map(([a, b]) => [grid[a], grid[b]]), heights));
    }
  }
  return segments;
}
