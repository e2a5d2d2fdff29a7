"""Draw book/figures/tensorboard.png: TensorBoard on the event files that the chapter around the frameworks writes.

The chapter's cells run up to the one tagged ``tensorboard-logs``. TensorBoard then serves two of the runs on a free
local port, and a Chromium that is already installed takes the picture. Nothing leaves this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import jupytext
from PIL import Image
from playwright.sync_api import sync_playwright
from project import ROOT, environment

CHAPTER = ROOT / "chapters/08_outlook/05_around_the_frameworks.py"
PICTURE = ROOT / "book/figures/tensorboard.png"
LAST = "tensorboard-logs"
RUNS = ("momentum by TensorFlow", "plain by PyTorch")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
WINDOW = {"width": 1100, "height": 580}
COLORS = 128


def run_chapter():
    """Run the chapter's cells as far as the logs; return its variables, which keep the folder of logs alive."""
    cells = [cell for cell in jupytext.read(CHAPTER).cells if cell.cell_type == "code"]
    names = {"__name__": "chapter"}
    for cell in cells[1:]:  # the first one installs the package
        exec(compile(cell.source, str(CHAPTER), "exec"), names)
        if LAST in cell.metadata.get("tags", []):
            return names
    raise ValueError(f"{CHAPTER.name} must have a cell tagged {LAST!r}; got none")


def start_tensorboard(logs, said):
    """Return the process of a TensorBoard on a free local port, and its address.

    logs : folder of runs
    said : path of a file, for what it prints
    Raises RuntimeError if no address is printed within a minute.
    """
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs), "--host", "127.0.0.1"]
    command += ["--port", "0", "--load_fast", "false", "--reload_interval", "0"]
    with open(said, "w") as file:
        process = subprocess.Popen(command, env=environment(), stdout=file, stderr=subprocess.STDOUT)
    for _ in range(120):
        time.sleep(0.5)
        found = [word for word in Path(said).read_text().split() if word.startswith("http://127.0.0.1:")]
        if found and _answers(found[0]):
            return process, found[0]
    process.terminate()
    raise RuntimeError(f"TensorBoard did not start: {Path(said).read_text()[-500:]}")


def _answers(address):
    try:
        return urllib.request.urlopen(f"{address}data/runs", timeout=5).status == 200
    except OSError:
        return False


def photograph(address, path, chromium):
    """Take a picture of the charts at an address, as soon as both are drawn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            page = browser.new_page(viewport=WINDOW, device_scale_factor=1)
            page.goto(f"{address}?darkMode=false#timeseries")
            page.wait_for_function("document.querySelectorAll('scalar-card').length == 2", timeout=60_000)
            _tidy(page)
            page.wait_for_timeout(4000)  # a canvas does not say when it is drawn
            page.screenshot(path=path)
        finally:
            browser.close()


def _tidy(page):
    """Give the charts the room: no marked step, no pane of settings."""
    page.get_by_text("Enable step selection and data table").click()
    page.get_by_role("button", name="Close side pane").click()


def main():
    """Write the picture; print its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    chromium = parser.parse_args().chromium
    names = run_chapter()
    with tempfile.TemporaryDirectory() as folder:
        for run in RUNS:
            shutil.copytree(names["logs"] / run, Path(folder, "runs", run))
        process, address = start_tensorboard(Path(folder, "runs"), Path(folder, "said"))
        try:
            photograph(address, Path(folder, "page.png"), chromium)
        finally:
            process.terminate()
            process.wait()
        image = Image.open(Path(folder, "page.png")).convert("RGB")
    image.quantize(COLORS).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {image.size[0]} by {image.size[1]}, {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
