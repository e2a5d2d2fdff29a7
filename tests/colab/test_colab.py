"""A notebook alone in an empty folder, in Colab's versions, with the real first cell: it runs, and changes nothing.

The committed HEAD is what gets installed, from the repository's public address, which git is told to find here.
"""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from project import address, notebooks

ROOT = Path(__file__).resolve().parents[2]
ALL = notebooks(ROOT)
MOST_PACKAGES = "chapters/08_outlook/05_around_the_frameworks"
CHOSEN = ALL if os.environ.get("COLAB_ALL") else sorted({ALL[0], MOST_PACKAGES, ALL[-1]})
WHERE = "import chainrule\nprint(chainrule.__file__, chainrule.__version__)"

pytestmark = pytest.mark.colab


def run_alone(colab, notebook, folder, monkeypatch):
    """Run the notebook by a kernel of the Colab environment in `folder`, with one more cell; return its last output."""
    specs = folder.parent / "jupyter" / "kernels" / "colab"
    specs.mkdir(parents=True)
    command = [str(colab.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Colab", "language": "python"}
    (specs / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(folder.parent / "jupyter"))
    notebook.cells.append(nbformat.v4.new_code_cell(WHERE))
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=600, startup_timeout=180, kernel_name="colab", resources=resources)
    home = folder.parent / "home"
    home.mkdir()
    client.execute(env=colab.environment(home))
    return notebook.cells.pop().outputs[-1].text


@pytest.mark.parametrize("name", CHOSEN)
def test_a_notebook_runs_in_colab_and_changes_nothing_there(colab, name, tmp_path, monkeypatch):
    colab.without_us()
    before = colab.versions()
    folder = tmp_path / "alone"
    folder.mkdir()
    path = shutil.copy(ROOT / f"{name}.ipynb", folder)
    assert os.listdir(folder) == [Path(path).name]
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.source == address(ROOT).first_cell

    where = run_alone(colab, notebook, folder, monkeypatch)
    assert where.startswith(str(colab.venv)), where
    assert colab.versions() == before
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "error"]


def test_the_emulation_has_the_versions_that_matter(colab):
    versions = colab.versions()
    assert (versions["ipython"], versions["ipywidgets"], versions["numpy"]) == ("7.34.0", "7.7.1", "2.1.3")


def test_an_error_in_a_cell_is_seen(colab, tmp_path, monkeypatch):
    folder = tmp_path / "alone"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(Exception, match="ZeroDivisionError"):
        run_alone(colab, notebook, folder, monkeypatch)
