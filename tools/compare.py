"""Run every executed notebook again and compare each printed output with what the reader sees (nbval).

Pictures are not compared. A cell that never ran fails here, since nbval passes it; so does a cell that ended in an
error. Each notebook runs alone in an empty folder, in the executor's environment, two at a time.

python tools/compare.py [executed.ipynb ...]     by default all of _build/executed that _toc.yml names
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from project import argument_parser, environment, executed_path, notebooks
from result import code_cells


def faults(path):
    """Return sentences on cells that prove nothing: never run, ended in an error, or no code at all."""
    cells = code_cells(json.loads(path.read_text("utf-8")))
    found = [] if cells else ["it has no code cell"]
    for number, cell in enumerate(cells, 1):
        if cell["execution_count"] is None:
            found.append(f"code cell {number} of {len(cells)} did not run")
        allowed = "raises-exception" in cell["metadata"].get("tags", [])
        if not allowed and any(output["output_type"] == "error" for output in cell["outputs"]):
            found.append(f"code cell {number} of {len(cells)} ended in an error")
    return found


def compare(root, paths, jobs, timeout):
    """Run nbval over the notebooks, each in an empty folder of its own; return pytest's exit status."""
    with tempfile.TemporaryDirectory(
        prefix="chain-rule-nbval-", ignore_cleanup_errors=True
    ) as folder:
        folder = Path(folder).resolve()
        (folder / "pytest.ini").write_text("[pytest]\n")
        for path in paths:
            alone = folder / path.parent.name / path.stem / path.name
            alone.parent.mkdir(parents=True)
            shutil.copyfile(path, alone)
        command = [sys.executable, "-m", "pytest", "--nbval", "-c", str(folder / "pytest.ini")]
        command += [
            f"--rootdir={folder}",
            "-p",
            "no:cacheprovider",
            "-q",
            "--durations=0",
            "--durations-min=5",
        ]
        command += [f"--nbval-cell-timeout={timeout}", "--nbval-kernel-startup-timeout=180"]
        command += ["-n", str(min(jobs, len(paths))), "--dist", "loadfile", "--color=no", "."]
        return subprocess.run(command, cwd=folder, env=environment(root), check=False).returncode


def main(argv=None):
    """Compare; return the exit status."""
    parser = argument_parser(__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=300, help="seconds a cell may take")
    args = parser.parse_args(argv)
    paths = args.paths or [executed_path(args.root, name) for name in notebooks(args.root)]
    missing = [path for path in paths if not path.exists()]
    for path in missing:
        print(f"{path} is missing: run `make execute`", file=sys.stderr)
    bad = [(path, fault) for path in paths if path not in missing for fault in faults(path)]
    for path, fault in bad:
        print(f"{path}: {fault}", file=sys.stderr)
    if missing or bad or not paths:
        return 1
    print(f"nbval over {len(paths)} executed notebooks", flush=True)
    return compare(args.root, paths, args.jobs, args.timeout)


if __name__ == "__main__":
    sys.exit(main())
