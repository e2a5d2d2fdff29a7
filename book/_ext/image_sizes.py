"""Write width and height on every picture of a page, so that the text does not jump when it arrives."""

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from PIL import Image
from sphinx.errors import ExtensionError

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"]+)"')
VIEW_BOX = re.compile(r'viewBox="\s*[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)\s*"')
SIZE = re.compile(r'<svg[^>]*?\swidth="([\d.]+)(?:pt|px)?"[^>]*?\sheight="([\d.]+)(?:pt|px)?"', re.S)


@lru_cache(maxsize=4096)
def size_of(path):
    """Return (width, height) of a picture in whole pixels.

    path : of a PNG, JPEG, GIF, WebP or SVG file
    Raises ExtensionError if an SVG says neither its size nor its view box.
    """
    if path.suffix != ".svg":
        with Image.open(path) as image:
            return image.size
    text = path.read_text(encoding="utf-8")
    found = SIZE.search(text) or VIEW_BOX.search(text)
    if found is None:
        raise ExtensionError(f"{path.name} must say its viewBox or its width and height")
    return round(float(found[1])), round(float(found[2]))


def with_sizes(html, folder):
    """Return the page with sizes on the pictures that lie in the site and have none.

    html : the page
    folder : path of the folder that its addresses start from
    """

    def fill(match):
        tag, source = match[0], SOURCE.search(match[0])
        if source is None or re.search(r'\s(?:width|height)="', tag):
            return tag
        path = Path(folder, unquote(source[1].split("?")[0]))
        if ":" in source[1] or not path.is_file():
            return tag
        width, height = size_of(path.resolve())
        return tag.replace("<img", f'<img width="{width}" height="{height}"', 1)

    return IMAGE.sub(fill, html)
