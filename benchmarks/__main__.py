"""Measure the engine against its peers in one run, and fail where a limit is missed.

python -m benchmarks [--report] [--rounds N] [--only mlp32|cnn|lstm|block|decode|steps] [--peers products,torch]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

from benchmarks import block, cnn, decode, lstm, report, steps
from benchmarks.contestants import CONTESTANTS

ROOT = pathlib.Path(__file__).resolve().parents[1]
WORKLOADS = {
    "mlp512": (512, 25),
    "mlp128": (128, 60),
    "mlp32": (32, 120),
}  # batch size, steps a turn
TRAIN_STEPS = 100
# modules with workloads and contestants of their own; peers(workload) where not all take part
OTHERS = {"cnn": cnn, "lstm": lstm, "block": block, "decode": decode, "steps": steps}
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


class Worker:
    """One contestant in its own process."""

    def __init__(self, name):
        env = (
            os.environ
            | dict.fromkeys(ONE_THREAD, "1")
            | {
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "CUDA_VISIBLE_DEVICES": "",
                "PYTHONHASHSEED": "0",
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            }
        )
        self.name = name.rpartition(":")[2]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name],
            cwd=ROOT,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, command, number):
        self.process.stdin.write(f"{command} {number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(
                f"benchmarks: the worker of {self.name} ended with exit status "
                f"{self.process.wait()}"
            )
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(workload, size, n_steps, workers, n_rounds, n_train=TRAIN_STEPS):
    """Return the row of one workload; every round asks every worker in turn."""
    for worker in workers:
        worker.ask("setup", size)
    seconds = {worker.name: [] for worker in workers}
    for i in range(n_rounds):
        for worker in workers[i % len(workers) :] + workers[: i % len(workers)]:
            seconds[worker.name].append(worker.ask("time", n_steps))
    losses = {worker.name: worker.ask("train", n_train) for worker in workers}
    return report.row(workload, seconds, n_steps, losses)


def measure_all(workloads, names, n_rounds, peers=None, n_train=TRAIN_STEPS):
    """Return the rows of workloads, measured in one process for each name.

    peers : callable (workload) -> names of the contestants beside ours, where not all take part
    n_train : steps after which the losses are compared
    """
    workers = [Worker(name) for name in names]
    try:
        rows = []
        for workload, (size, n_steps) in workloads.items():
            taking = [w for w in workers if not peers or w.name in ("ours", *peers(workload))]
            rows.append(measure(workload, size, n_steps, taking, n_rounds, n_train))
        return rows
    finally:
        for worker in workers:
            worker.close()


def _blas():
    """Return which kernels NumPy's matrix products use here, such as "openblas SkylakeX"."""
    import numpy  # noqa: F401, so that its library is there to be asked

    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown"
    found = [i for i in threadpool_info() if i["user_api"] == "blas"]
    return " ".join(f"{i['internal_api']} {i.get('architecture', '')}" for i in found) or "unknown"


def _load():
    """Return how many processes wanted a core over the last minute; 0 where nobody counts them."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--report", action="store_true", help="a missed limit does not fail")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", choices=[*WORKLOADS, *OTHERS], help="one workload, or optimisers")
    parser.add_argument("--peers", default=",".join(list(CONTESTANTS)[1:]), help="comma separated")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "_build" / "bench")
    options = parser.parse_args(argv)
    chosen = {k: v for k, v in WORKLOADS.items() if options.only in (None, k)}
    rows = []
    if chosen:
        rows += measure_all(chosen, ["ours", *options.peers.split(",")], options.rounds)
    for name, module in OTHERS.items():
        if options.only in (None, name):
            peers = getattr(module, "peers", None)
            n_train = getattr(module, "TRAIN_STEPS", TRAIN_STEPS)
            rows += measure_all(
                module.WORKLOADS, module.CONTESTANTS, options.rounds, peers, n_train
            )
    blas = _blas()
    for r in rows:
        r["blas"] = blas
    report.write(options.folder, rows)
    print(report.markdown(rows))
    print(f"Matrix products by {blas}: the faster they are, the more the rest weighs beside them.")
    if _load() > 1.5:
        print(
            f"The machine is busy (load {_load():.1f}): whoever shares its caches slows the passes "
            f"over memory more than the products, and ratios to products come out too high."
        )
    missed, wrong = report.misses(rows), report.disagreements(rows)
    for sentence in missed:
        print(f"missed: {sentence}", file=sys.stderr)
    for sentence in wrong:
        print(f"wrong: {sentence}", file=sys.stderr)
    return 1 if wrong or (missed and not options.report) else 0


if __name__ == "__main__":
    sys.exit(main())
