"""Weights of a live figure as they ship: rows of int8, each with a step of its own, in a script of one line."""

import base64
import json

import numpy as np

from chainrule.explore.bundle import source_of

BEFORE = "export const TRAINED = "


def packed_rows(rows, digits):
    """Return rows (R, C) as JSON types: ``steps``, 1/127 of the largest of each row, and ``int8`` in base64.

    ``digits`` of a step are kept. A row of zeros has a step, too.
    """
    steps = [float(f"{max(np.abs(row).max(), 1e-9) / 127:.{digits}g}") for row in rows]
    whole = np.clip(np.rint(rows / np.array(steps)[:, None]), -127, 127).astype(np.int8)
    return {"steps": steps, "int8": base64.b64encode(whole.tobytes()).decode()}


def unpacked_rows(part):
    """Return the rows (R, C) of a packed part, in float64."""
    whole = np.frombuffer(base64.b64decode(part["int8"]), np.int8)
    return whole.reshape(len(part["steps"]), -1) * np.array(part["steps"])[:, None]


def shipped(name):
    """Return what the script ``explore/name.js`` holds behind ``BEFORE``, from JSON."""
    (line,) = (line for line in source_of(name).splitlines() if line.startswith(BEFORE))
    return json.loads(line.removeprefix(BEFORE).removesuffix(";"))
