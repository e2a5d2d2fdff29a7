"""Cases of the features of regions: any matrices along the axes, and cells that overlap, touch or are empty."""

import numpy as np
from hypothesis import strategies as st
from ops.drawing import SEEDS, case, integers, normal


def a_map(draw):
    """Draw features, the images of some regions, and the lengths of their grids."""
    shape = [draw(st.integers(1, n)) for n in (2, 2, 4, 5)]
    images = integers(draw, (draw(st.integers(1, 3)),), shape[0])
    return normal(draw, shape), images, draw(st.integers(1, 3)), draw(st.integers(1, 2))


@case("roi_align")
def aligned(draw):
    features, images, h, w = a_map(draw)
    rows = normal(draw, (len(images), h, features.shape[2]))
    columns = normal(draw, (len(images), w, features.shape[3]))
    return [features], {"rows": rows, "columns": columns, "images": images}


@case("roi_pool")
def pooled(draw):
    features, images, h, w = a_map(draw)
    rng = np.random.default_rng(draw(SEEDS))
    rows, columns = (
        np.sort(rng.integers(0, length + 1, (len(images), n, 2)), -1) for n, length in zip((h, w), features.shape[2:])
    )
    rows[0, 0], columns[0, 0] = (0, features.shape[2]), (0, features.shape[3])  # one cell at least is not empty
    return [features], {"rows": rows, "columns": columns, "images": images}
