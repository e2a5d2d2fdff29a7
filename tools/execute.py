"""Run every notebook of _toc.yml whose result is not current, two at a time, one thread each.

A result is current while the notebook's code cells and tags, the modules under src/ that it imported, the pins and
the Python version are what they were when it ran (tools/result.py). Changed prose is carried into it without a run.
Results are written whole or not at all, so a killed build leaves nothing that the next one could trip over.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import filelock
import result
from project import EXECUTED, argument_parser, environment, executed_path, notebooks

TOOLS = Path(__file__).resolve().parent
FONT_CACHE = "import matplotlib.font_manager"


@dataclass(frozen=True)
class Outcome:
    """What came of one notebook: seconds of CPU and of the clock, and the report of the failed cell if one failed."""

    name: str
    cpu: float
    wall: float
    error: dict | None = None


def run_one(root, name, timeout):
    """Run document `name` in a process of its own; return its Outcome."""
    command = [sys.executable, str(TOOLS / "run_notebook.py"), name]
    command += ["--root", str(root), "--timeout", str(timeout)]
    started = time.monotonic()
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            command,
            env=environment(root),
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        try:
            lines = process.stdout.read().decode("utf-8", "replace").strip().splitlines()
            process.wait()
        finally:
            process.kill()
            process.stdin.close()
        stderr.seek(0)
        said = stderr.read().decode("utf-8", "replace")
    wall = time.monotonic() - started
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        text = f"the process that ran the notebook ended with status {process.returncode}\n{said[-4000:]}"
        answer = {"error": {"cell": None, "of": None, "source": "", "traceback": text}}
    return Outcome(name, answer.get("cpu", 0.0), wall, answer.get("error"))


def run_all(root, names, jobs, timeout):
    """Run the named documents, `jobs` at a time; print a line as each ends; return their Outcomes."""
    done, lock, width = [], Lock(), max(map(len, names), default=0)

    def run_and_tell(name):
        if sys.stdout.isatty():
            print(f"      {name:{width}}  runs", flush=True)
        outcome = run_one(root, name, timeout)
        with lock:
            done.append(outcome)
            spent = "FAILED" if outcome.error else f"{outcome.cpu:.1f} s cpu"
            count = f"[{len(done)}/{len(names)}]"
            print(f"{count} {name:{width}}  {spent:>11}  {outcome.wall:6.1f} s", flush=True)
        return outcome

    pool = ThreadPoolExecutor(jobs)
    try:
        return list(pool.map(run_and_tell, names))
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C none of those that wait is started


def warm_up(root):
    """Build matplotlib's font cache once, since a cell that has to do it prints a line about that."""
    env = environment(root)
    if not any(Path(env["MPLCONFIGDIR"]).glob("fontlist-*.json")):
        subprocess.run(
            [sys.executable, "-c", FONT_CACHE], env=env, capture_output=True, check=False
        )


def remove_strangers(root, names):
    """Remove results of notebooks that left _toc.yml, and what a killed build left half-written."""
    wanted = {executed_path(root, name) for name in names}
    for path in sorted((root / EXECUTED).rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in wanted:
            path.unlink()
            if path.suffix == ".ipynb":
                print(
                    f"removed the result of {path.relative_to(root / EXECUTED).as_posix()}: not in _toc.yml"
                )


def report(outcome):
    """Print a failed cell so that its author can mend it: notebook, cell, source, traceback."""
    error = outcome.error
    where = f"{outcome.name}.ipynb"
    if error["cell"] is not None:
        where += f", code cell {error['cell']} of {error['of']}"
    rule = "-" * 78
    print(f"\n{rule}\nFAILED {where}\n{rule}", file=sys.stderr)
    if error["source"]:
        print(error["source"], file=sys.stderr)
        print(rule, file=sys.stderr)
    print(error["traceback"], file=sys.stderr)


def locked(root):
    """Return the lock that lets one build at a time execute; the system frees it when its holder dies."""
    path = root / "_build" / "execute.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print("another build is executing notebooks here: waiting for it", flush=True)
        lock.acquire()
    return lock


def write_ledger(root):
    """Let tools/ledger.py collect the proofs of the executed notebooks; return its exit status."""
    ledger = root / "tools" / "ledger.py"
    if not ledger.exists():
        return 0
    return subprocess.run(
        [sys.executable, str(ledger)], cwd=root, env=environment(root), check=False
    ).returncode


def main(argv=None):
    """Execute what is not current; return the exit status."""
    parser = argument_parser(__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("CHAINRULE_JOBS", "2")))
    parser.add_argument("--timeout", type=int, default=300, help="seconds a cell may take")
    args = parser.parse_args(argv)
    root = args.root
    try:
        names = notebooks(root)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    with locked(root):
        remove_strangers(root, names)
        stale = [name for name in names if not result.refresh(root, name)]
        if stale:
            print(f"executing {len(stale)} of {len(names)} notebooks", flush=True)
            warm_up(root)
        else:
            print(f"{len(names)} notebooks, all as they were: nothing to execute")
        failed = [
            outcome for outcome in run_all(root, stale, args.jobs, args.timeout) if outcome.error
        ]
        for outcome in failed:
            executed_path(root, outcome.name).unlink(missing_ok=True)
            report(outcome)
        if failed:
            print(f"\n{len(failed)} of {len(names)} notebooks failed", file=sys.stderr)
            return 1
        return write_ledger(root)


if __name__ == "__main__":
    sys.exit(main())
