"""The picture of TensorBoard: small, and still of what the chapter writes (taking it needs a browser and a minute)."""

import jupytext
import tensorboard_picture as tool
from PIL import Image


def test_the_chapter_writes_the_runs_that_the_picture_shows():
    cells = jupytext.read(tool.CHAPTER).cells
    (logs,) = [cell.source for cell in cells if tool.LAST in cell.metadata.get("tags", [])]
    before = "\n".join(cell.source for cell in cells)
    for run in tool.RUNS:
        name, writer = run.split(" by ")
        assert f'"{name}": ' in before and f"{{name}} by {writer}" in logs
    assert f"figures/{tool.PICTURE.name}" in before


def test_the_picture_is_light_and_as_large_as_the_window():
    assert tool.PICTURE.stat().st_size < 120_000
    with Image.open(tool.PICTURE) as image:
        assert image.size == (tool.WINDOW["width"], tool.WINDOW["height"])
