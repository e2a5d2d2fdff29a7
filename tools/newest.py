"""Write requirements.txt without its pins, for the weekly run that looks for drift.

python tools/newest.py requirements.txt OUT
"""

import re
import sys
from pathlib import Path

# Pinned in spite of all: version 2 of Jupyter Book is another programme, and the pins of what it builds with follow it.
KEPT = ("jupyter-book",)
PIN = re.compile(r"^([A-Za-z0-9._-]+)==\S+")


def unpinned(text):
    """Return the requirements with pins and constraints removed, but for those that are kept."""
    lines = [line for line in text.splitlines() if not line.startswith("-c")]
    return (
        "\n".join(line if line.startswith(KEPT) else PIN.sub(r"\1", line) for line in lines) + "\n"
    )


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(unpinned(source.read_text("utf-8")), encoding="utf-8")
