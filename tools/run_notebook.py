"""Run one notebook in a kernel of its own and write its result; tools/execute.py starts this, one process each.

The last line on stdout is a JSON object, {"cpu": seconds} or {"error": {"cell", "of", "source", "traceback"}}.
The process ends at once when its stdin closes, that is, when whoever started it dies; so does then its kernel.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
import threading
import traceback

import nbformat
import result
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from project import argument_parser, executed_path, write_atomically

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Run in the kernel after the last cell and recorded nowhere: CPU time with children, and the files of loaded modules.
PROBE = """
import json as _json, os as _os, sys as _sys
_files = [getattr(_m, "__file__", None) for _m in list(_sys.modules.values())]
print(_json.dumps([sum(_os.times()[:4]), [_f for _f in _files if isinstance(_f, str)]]))
"""


class NotebookFailure(Exception):
    """One cell that did not run to its end: its number among the code cells, source and traceback."""

    def __init__(self, number, of, source, text):
        super().__init__(text)
        self.report = {"cell": number, "of": of, "source": source, "traceback": text}


async def run_cells(client, notebook):
    """Run the code cells one after another; return (CPU seconds, module files) of the kernel."""
    of, number = sum(cell.cell_type == "code" for cell in notebook.cells), 0
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        number += 1
        try:
            await client.async_execute_cell(cell, index, execution_count=number)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise NotebookFailure(number, of, cell.source, explain(error, cell, client)) from None
        if cell.execution_count is None:
            text = "the cell was skipped or is empty; a cell that does not run proves nothing"
            raise NotebookFailure(number, of, cell.source, text)
    return await ask(client, notebook)


def explain(error, cell, client):
    """Return what an author needs to know of a cell that did not run to its end."""
    if isinstance(error, CellTimeoutError):
        return f"the cell ran for more than {client.timeout} seconds and was stopped"
    if isinstance(error, DeadKernelError):
        return "the kernel died while it ran this cell (out of memory, or a crash in compiled code)"
    shown = [output for output in cell.outputs if output.output_type == "error"]
    return "\n".join(shown[-1].traceback) if shown else str(error)


async def ask(client, notebook):
    """Run PROBE in a cell that does not stay in the notebook; return (CPU seconds, module files)."""
    probe = nbformat.v4.new_code_cell(PROBE)
    notebook.cells.append(probe)
    await client.async_execute_cell(probe, len(notebook.cells) - 1, store_history=False)
    notebook.cells.pop()
    # a library that wakes up when its module is asked may say something on stderr, before or after
    printed = [output.text for output in probe.outputs if output.get("name") == "stdout"]
    cpu, files = json.loads("".join(printed).strip().splitlines()[-1])
    return cpu, {os.path.realpath(file) for file in files}


async def execute(notebook, timeout):
    """Run `notebook` in place, in an empty folder; return (CPU seconds, module files)."""
    with tempfile.TemporaryDirectory(prefix="chain-rule-", ignore_cleanup_errors=True) as folder:
        client = NotebookClient(
            notebook,
            timeout=timeout,
            startup_timeout=180,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            record_timing=False,
            store_widget_state=False,
            ipython_hist_file=":memory:",
        )
        client.reset_execution_trackers()
        async with client.async_setup_kernel():
            return await run_cells(client, notebook)


def run(root, name, timeout):
    """Run document `name` and write its result; return the CPU seconds."""
    snapshot = result.source_files(root)
    source = result.load_source(root, name)
    notebook = nbformat.reads(json.dumps(source), as_version=4)
    cpu, imported = asyncio.run(execute(notebook, timeout))
    executed = json.loads(nbformat.writes(notebook))
    files = result.depended_on(root, snapshot, imported, source)
    result.record(executed, result.key(root, source), files, cpu)
    write_atomically(executed_path(root, name), result.to_text(executed))
    return cpu


def die_with_parent():
    """End this process when the pipe at stdin closes."""
    sys.stdin.buffer.read()
    os._exit(1)


def main():
    """Run the notebook named on the command line; print what came of it."""
    parser = argument_parser(__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--timeout", type=int, default=300)
    args = parser.parse_args()
    threading.Thread(target=die_with_parent, daemon=True).start()
    try:
        answer = {"cpu": run(args.root, args.name, args.timeout)}
    except NotebookFailure as failure:
        failure.report["traceback"] = ANSI.sub("", failure.report["traceback"])
        answer = {"error": failure.report}
    except Exception:
        answer = {
            "error": {"cell": None, "of": None, "source": "", "traceback": traceback.format_exc()}
        }
    print("\n" + json.dumps(answer), flush=True)
    os._exit(0)  # a thread still reads stdin


if __name__ == "__main__":
    main()
