"""Where things stand in the book's tree, and the environment in which its notebooks run."""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
EXECUTED = Path("_build/executed")


@dataclass(frozen=True)
class Address:
    """The public address of the repository: an owner/name on github.com and a branch."""

    slug: str
    branch: str

    @property
    def url(self):
        """Return the address that a browser and git open."""
        return f"https://github.com/{self.slug}"

    @property
    def site(self):
        """Return where GitHub Pages serves the book, without the scheme."""
        owner, name = self.slug.split("/")
        return f"{owner}.github.io/{name}"

    @property
    def first_cell(self):
        """Return the first code cell of every notebook, which installs the package where it is missing."""
        return (
            "try:\n"
            "    import chainrule\n"
            "except ImportError:\n"
            f'    %pip install -q --no-deps "chainrule @ git+{self.url}@{self.branch}"'
        )


def address(root=ROOT):
    """Return the Address that _config.yml names; raise ValueError where it is not on github.com."""
    repository = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]
    prefix, url = "https://github.com/", repository["url"].rstrip("/")
    if not url.startswith(prefix) or url.count("/") != 4:
        raise ValueError(
            f"repository.url must be {prefix}OWNER/NAME (Colab opens no other); got {url!r}"
        )
    return Address(url.removeprefix(prefix), repository["branch"])


def toc_files(root=ROOT):
    """Return every document of _toc.yml in reading order, as paths without suffix."""
    found = []

    def walk(node):
        if isinstance(node, dict):
            found.extend(str(node[key]) for key in ("root", "file") if key in node)
            for key in ("parts", "chapters", "sections", "entries", "subtrees"):
                walk(node.get(key))
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(yaml.safe_load((root / "_toc.yml").read_text("utf-8")))
    return found


def notebooks(root=ROOT):
    """Return the documents of _toc.yml that are notebooks; raise FileNotFoundError for one that is nowhere."""
    return [name for name in toc_files(root) if _is_notebook(root, name)]


def _is_notebook(root, name):
    if (root / f"{name}.ipynb").exists():
        return True
    if (root / f"{name}.py").exists():
        raise FileNotFoundError(f"{name}.ipynb is missing beside {name}.py: run `make notebooks`")
    if name.startswith("chapters/"):
        raise FileNotFoundError(f"_toc.yml names {name}, but there is no {name}.py")
    return False


def executed_path(root, name):
    """Return where the executed notebook of document `name` stands."""
    return root / EXECUTED / f"{name}.ipynb"


ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}

REPRODUCIBLE = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONNOUSERSITE": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "",
    "COLUMNS": "88",
    "LINES": "24",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    # ipykernel looks at this name and then leaves C-level stderr alone. Under nbval pytest sets it,
    # so the executor must set it too, or the two runs print different things.
    "PYTEST_CURRENT_TEST": "the book",
}


def environment(root=ROOT):
    """Return the environment of every kernel, the same for the executor and for nbval.

    The reader's own settings (matplotlibrc, keras.json, an IPython profile) are kept out by private folders.
    """
    own = root / "_build" / "environment"
    env = {
        k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "IPYTHON", "PYTEST_"))
    }
    env |= ONE_THREAD | REPRODUCIBLE
    for name in ("MPLCONFIGDIR", "IPYTHONDIR", "KERAS_HOME", "JUPYTER_CONFIG_DIR"):
        folder = own / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        env[name] = str(folder)
    # tools/startup holds a sitecustomize.py that refuses the network: every build proves that the book runs offline.
    env["PYTHONPATH"] = os.pathsep.join([str(root / "src"), str(ROOT / "tools" / "startup")])
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")])
    return env


def argument_parser(description):
    """Return a parser with the option that all tools share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--root", type=lambda p: Path(p).resolve(), default=ROOT, help=argparse.SUPPRESS
    )
    return parser


def write_atomically(path, text):
    """Write `text` to `path` so that a reader sees the old file or the new one, whatever kills us in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
