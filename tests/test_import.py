"""Importing the engine is quick, and drags in nothing but NumPy."""

import json
import subprocess
import sys

HEAVY = (
    "torch",
    "tensorflow",
    "keras",
    "matplotlib",
    "sklearn",
    "pooch",
    "anywidget",
    "IPython",
    "tqdm",
)

PROGRAM = """
import json, sys, time
import numpy
start = time.process_time()
import chainrule
seconds = time.process_time() - start
print(json.dumps([seconds, sorted(sys.modules)]))
"""


def imported():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_import_costs_under_three_tenths_of_a_second_beyond_numpy():
    assert min(imported()[0] for _ in range(3)) < 0.3


def test_import_loads_no_framework():
    modules = {name.partition(".")[0] for name in imported()[1]}
    assert "chainrule" in modules
    assert not modules & set(HEAVY)
