"""Arrays as pictures: grids of images, matrices with their numbers."""

import numpy as np

from chainrule import checks
from chainrule.plotting.checks import finite, text, texts
from chainrule.plotting.color import BLUE, DEEPEST, ORANGE, tint
from chainrule.plotting.style import WIDTH, dress, new_figure

_GAP = 0.12  # of an image's side, between two images


def images(array, n_columns=10, *, titles=None, cmap="gray_r", limits=None, title=""):
    """Draw images side by side, in rows.

    Parameters
    ----------
    array : array (N, H, W), (N, H, W, 3) or (N, H·H)
        Grey levels, colours in [0, 1] or 0 to 255, or square grey images as rows.
    n_columns : int
        Images in a row.
    titles : sequence of N str, optional
        Written above each image.
    cmap : str
        Colour map of grey images; the default prints large values dark, as ink.
    limits : pair of float, optional
        The values that become the two ends of the map; without it the least and the greatest.
    title : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If the array has another shape, holds what is not finite, or titles are not N.
    """
    texts(title=title)
    array = _as_images(array)
    n_columns = min(checks.check_int(n_columns, "n_columns", minimum=1), len(array))
    if titles is not None and len(titles) != len(array):
        raise ValueError(f"titles must be as many as images; got {len(titles)} and {len(array)}")
    for words in () if titles is None else titles:
        text("titles", words)
    n_rows = -(-len(array) // n_columns)
    cell = min(WIDTH / n_columns, 1.6)  # inches
    caption = 0.0 if titles is None else 0.24 / cell  # in sides of an image
    ratio = array.shape[1] / array.shape[2]
    _, ax = new_figure(height=n_rows * cell * (ratio + caption + _GAP) + (0.35 if title else 0.05))
    low, high = (array.min(), array.max()) if limits is None else limits
    for k, image in enumerate(array):
        left, top = (k % n_columns) * (1 + _GAP), (k // n_columns) * (ratio + caption + _GAP)
        ax.imshow(image, cmap=cmap, vmin=low, vmax=high, interpolation="none",
                  extent=(left, left + 1, top + caption + ratio, top + caption))
        if titles is not None:
            ax.text(left + 0.5, top + caption * 0.92, titles[k], ha="center",
                    va="bottom", fontsize=min(10.5, 14 * cell))
    ax.set(xlim=(0, max(n_columns, WIDTH / cell) * (1 + _GAP) - _GAP),
           ylim=(n_rows * (ratio + caption + _GAP) - _GAP, 0), aspect="equal", anchor="W")
    ax.set_axis_off()
    dress(ax, title)
    return ax


def _as_images(array):
    shape = np.shape(getattr(array, "data", array) if not isinstance(array, np.ndarray) else array)
    array = finite("array", array, (2, 3, 4))
    side = round(array.shape[-1] ** 0.5)
    if array.ndim == 2:
        if side * side != array.shape[1]:
            raise ValueError(f"array must hold square images as rows, or have shape (N, H, W); "
                             f"got {shape}")
        return array.reshape(-1, side, side)
    if array.ndim == 4:
        if array.shape[3] not in (1, 3):
            raise ValueError(f"array must have 1 or 3 channels last; got shape {shape}")
        return array[..., 0] if array.shape[3] == 1 else _colors(array)
    return array


def _colors(array):
    if array.min() < 0 or array.max() > 255:
        raise ValueError(f"colours must lie in [0, 1] or 0 to 255; got {array.min():g} to "
                         f"{array.max():g}")
    return array / 255 if array.max() > 1 else array


def matrix(array, *, values=True, digits=None, row_labels=None, column_labels=None, diverging=False,
           title="", xlabel="", ylabel="", ax=None):
    """Draw a matrix as a grid of coloured cells, each with its number.

    Parameters
    ----------
    array : array (M, N)
    values : bool
        Write the numbers into the cells.
    digits : int, optional
        Decimals of the numbers; without it none for integers and two for floats.
    row_labels, column_labels : sequence of str, optional
    diverging : bool
        White is zero, blue below and orange above, rather than pale to dark.
    title, xlabel, ylabel : str
    ax : matplotlib Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If the array is not a matrix of finite numbers, or there are not as many labels as rows or
        columns.
    """
    texts(title=title, xlabel=xlabel, ylabel=ylabel)
    whole = np.asarray(array).dtype.kind in "biu"
    array = finite("array", array, 2)
    digits = (0 if whole else 2) if digits is None else checks.check_int(digits, "digits", minimum=0)
    n_rows, n_columns = array.shape
    labels = [_labels(n, names, length) for n, names, length in (
        ("row_labels", row_labels, n_rows), ("column_labels", column_labels, n_columns))]
    if ax is None:
        cell = min(0.62, 5.4 / n_columns)
        _, ax = new_figure(height=min(max(n_rows * min(cell, 0.5), 0.8) + 1.0, 8))
    shades, (low, high) = _cell_colors(array, diverging, DEEPEST if values else 1.0)
    ax.pcolormesh(np.arange(n_columns + 1) - 0.5, np.arange(n_rows + 1) - 0.5, array,
                         cmap=shades, vmin=low, vmax=high, edgecolors="white", linewidth=0.8)
    if values:
        _write_values(ax, array, digits)
    ax.set_xticks(np.arange(n_columns), labels[1])
    ax.set_yticks(np.arange(n_rows), labels[0])
    ax.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5))
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    dress(ax, title, xlabel, ylabel)
    return ax


def _labels(name, names, length):
    if names is None:
        return [str(k) for k in range(length)]
    if len(names) != length:
        raise ValueError(f"{name} must be {length}; got {len(names)}")
    return [text(name, str(label)) for label in names]


def _cell_colors(array, diverging, strength):
    from matplotlib.colors import LinearSegmentedColormap

    if diverging:
        reach = np.abs(array).max() or 1.0
        ends = [tint(BLUE, strength), "#ffffff", tint(ORANGE, strength)]
        return LinearSegmentedColormap.from_list("signed", ends), (-reach, reach)
    ends = [tint(BLUE, 0.04 * strength), tint(BLUE, strength)]
    shades = LinearSegmentedColormap.from_list("pale_to_blue", ends)
    return shades, (array.min(), array.max() if np.ptp(array) else array.min() + 1)


def _write_values(ax, array, digits):
    size = min(10.5, 58 / (digits + 2) * 5 / max(array.shape[1], 5))
    for (row, column), value in np.ndenumerate(array):
        written = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
        if not any(digit in written for digit in "123456789"):
            written = written.lstrip("\N{MINUS SIGN}")
        ax.text(column, row, written, color="#000000", ha="center", va="center",
                fontsize=max(size, 6))
