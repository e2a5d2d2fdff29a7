"""Settings for every test: one thread a process, and Hypothesis without deadlines, since cores may be busy."""

import os
import sys
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402 (after the settings that it must see)

settings.register_profile(
    "book",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# The same examples in every run of CI, so that a failure there can be repeated anywhere.
settings.register_profile("ci", settings.get_profile("book"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "book")


@pytest.fixture(scope="session")
def browser():
    """Return one Chromium for all page tests; Playwright allows one a process."""
    sys.path.insert(0, str(Path(__file__).parent / "site"))  # `site` is a module of Python's own
    from browsing import chromium_or_skip

    with chromium_or_skip() as running:
        yield running
