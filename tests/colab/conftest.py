"""An environment with Colab's versions, made once and kept under _build while its list stays the same."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ONE_THREAD, REPRODUCIBLE, address

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("requirements.txt")


class Colab:
    """A Python with Colab's versions, and the public repository served from the local clone."""

    def __init__(self, venv, settings):
        self.python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.venv = venv
        self.settings = settings

    def environment(self, home):
        """Return the environment of a kernel: a home of its own, no index to install from, no way out."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST_", "PIP_"))}
        kept |= ONE_THREAD | REPRODUCIBLE
        return kept | {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(self.python.parent), kept["PATH"]]),
            "PYTHONPATH": str(ROOT / "tools" / "startup"),
            "GIT_CONFIG_GLOBAL": str(self.settings),
            "GIT_TERMINAL_PROMPT": "0",
            "PIP_NO_INDEX": "1",
            # pip reads a negative option's variable as the option's own value: 0 is "no isolation".
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def run(self, *arguments, check=True):
        """Run this Python; return what it printed."""
        command = [str(self.python), *arguments]
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(command, cwd=self.venv, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    def versions(self):
        """Return {package: version} of all but ours."""
        listed = json.loads(self.run("-m", "pip", "list", "--format=json"))
        return {package["name"]: package["version"] for package in listed if package["name"] != "chainrule"}

    def without_us(self):
        """Make it an environment that has never seen this book, and prove it."""
        self.run("-m", "pip", "uninstall", "-q", "-y", "chainrule", check=False)
        assert self.run("-c", "import importlib.util as u; print(u.find_spec('chainrule'))") == "None\n"


def make_venv(folder):
    """Make the environment, or find the one that was made from the same list."""
    wanted = hashlib.sha256(LIST.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "made-from"
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"), "-m", "pip", "install", "-q"]
    if os.environ.get("CPU"):  # as in the Makefile: PyTorch without its gigabytes of CUDA
        pip += ["--extra-index-url", "https://download.pytorch.org/whl/cpu"]
    subprocess.run([*pip, "--disable-pip-version-check", "-r", LIST], check=True)
    stamp.write_text(wanted)
    return folder


def serve_head(folder):
    """Make a bare repository whose branch is the committed HEAD; return git settings that put it for the public one."""
    bare, target = folder / "repository.git", address(ROOT)
    subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
    subprocess.run(["git", "-C", bare, "config", "receive.shallowUpdate", "true"], check=True)
    push = ["git", "-C", ROOT, "push", "-q", bare, f"HEAD:refs/heads/{target.branch}"]
    subprocess.run(push, check=True)
    settings = folder / "gitconfig"
    settings.write_text(
        f'[url "{bare.as_uri()}"]\n\tinsteadOf = {target.url}\n'
        '[protocol "file"]\n\tallow = always\n[safe]\n\tdirectory = *\n[advice]\n\tdetachedHead = false\n'
    )
    return settings


@pytest.fixture(scope="session")
def colab(tmp_path_factory):
    """The environment, without this book in it."""
    venv = make_venv(ROOT / "_build" / "colab-venv")
    return Colab(venv, serve_head(tmp_path_factory.mktemp("served")))
