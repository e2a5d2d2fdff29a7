"""The levels of the package hold, in every spelling of an import; planted violations are caught."""

import subprocess
import sys
from pathlib import Path

import pytest
from structure.layers import faults

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "chainrule").rglob("*.py"))


def name_of(path):
    """Return (dotted name, whether it is a package) of a source file."""
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return (".".join(parts[:-1]), True) if parts[-1] == "__init__" else (".".join(parts), False)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: name_of(path)[0])
def test_every_module_imports_only_what_stands_below_it(path):
    assert faults(path.read_text("utf-8"), *name_of(path)) == []


PLANTED = [
    ("chainrule.ops.softmax", "from chainrule.tensor import Tensor"),
    ("chainrule.ops.softmax", "import chainrule.tensor"),
    ("chainrule.ops.softmax", "import chainrule.tensor as t"),
    ("chainrule.ops.softmax", "from chainrule import tensor"),
    ("chainrule.ops.softmax", "from ..tensor import Tensor"),
    ("chainrule.ops.softmax", "from .. import tensor"),
    ("chainrule.ops.softmax", "def f():\n    from chainrule.tensor_core import apply"),
    ("chainrule.ops.softmax", "import chainrule as cr\ndef f():\n    return cr.tensor.Tensor"),
    ("chainrule.ops.softmax", "import chainrule.ops\nx = chainrule.tensor"),
    ("chainrule.ops.softmax", "import importlib\nt = importlib.import_module('chainrule.tensor')"),
    ("chainrule.ops.softmax", "t = __import__('chainrule.tensor')"),
    ("chainrule.ops.softmax", "import sys\nt = sys.modules['chainrule.nn.layers']"),
    ("chainrule.ops.softmax", "import importlib\nt = importlib.import_module('chain' + 'rule.tensor')"),
    ("chainrule.ops.softmax", "try:\n    from chainrule import nn\nexcept ImportError:\n    nn = None"),
    ("chainrule.tensor_core", "from chainrule.nn import Module"),
    ("chainrule.nn.layers", "from chainrule.optim import SGD"),
    ("chainrule.nn.layers", "from chainrule.train import fit"),
    ("chainrule.optim.sgd", "from ..nn.module import Module"),
    ("chainrule.data.toy", "from chainrule import plotting"),
    ("chainrule.checks", "from chainrule.ops import OPS"),
    ("chainrule.train", "from chainrule.proof import claim"),
    ("chainrule.proof.claims", "from chainrule.explore import widget"),
    ("chainrule.newcomer", "x = 1"),
    ("chainrule.nn.layers", "import torch"),
    ("chainrule.nn.layers", "class A:\n    from torch import nn"),
    ("chainrule.plotting.lines", "from matplotlib import pyplot"),
    ("chainrule.nn.layers", "from tests.conftest import x"),
    ("chainrule.nn.layers", "import tools.derive"),
]


@pytest.mark.parametrize(("module", "source"), PLANTED)
def test_a_planted_import_is_caught(module, source):
    assert faults(source, module)


ALLOWED = [
    ("chainrule.nn.layers", "from chainrule.nn.module import Module\nfrom chainrule import checks, tensor"),
    ("chainrule.nn", "from . import functional, init\nfrom .layers import Linear"),
    ("chainrule.tensor", "from chainrule.tensor_core import Tensor\nfrom chainrule.ops import OPS"),
    ("chainrule.proof.gradients", "def f():\n    import torch\n    from chainrule.tensor import Tensor"),
    ("chainrule.exercises", "import importlib\ndef f(n):\n    return importlib.import_module(f'{__name__}.{n}')"),
]


@pytest.mark.parametrize(("module", "source"), ALLOWED)
def test_what_is_allowed_passes(module, source):
    assert faults(source, module, module in {"chainrule.nn", "chainrule.exercises"}) == []


def test_the_package_and_its_engine_load_nothing_heavy():
    code = (
        "import sys, chainrule as cr\n"
        "cr.nn, cr.optim, cr.data, cr.train, cr.proof, cr.explore, cr.plotting\n"
        "heavy = {'matplotlib', 'torch', 'tensorflow', 'keras', 'sklearn', 'pooch', 'anywidget', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_importing_the_package_costs_little_beyond_numpy():
    code = (
        "import time, numpy\nstart = time.process_time()\nimport chainrule as cr\n"
        "cr.Tensor, cr.nn, cr.optim, cr.data, cr.train\nprint(time.process_time() - start)"
    )
    command = [sys.executable, "-c", code]
    times = [float(subprocess.check_output(command, cwd=ROOT / "src", text=True)) for _ in range(3)]
    assert min(times) < 0.3, times
