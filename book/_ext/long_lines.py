"""Let a long line of code go on below itself, four columns in from where it began.

A line that fits the page is untouched by it; one that does not is read without scrolling. What is copied has no
line break, since none is in the text.
"""

import re
from html import unescape

CODE = r'(<div class="highlight-[\w-]+ notranslate"><div class="highlight"><pre>)(.*?)(</pre>)'
FITS = 40  # columns that a cell has even on a phone
TAG = re.compile(r"<[^>]*>")
HANG = 4


def hang(line):
    """Return a line of highlighted code, and if it is long, in a span that says how far its continuation hangs."""
    text = unescape(TAG.sub("", line))
    if len(text) <= FITS:
        return line
    indent = len(text) - len(text.lstrip(" ")) + HANG
    return f'<span class="cr-long" style="--cr-hang:{indent}ch">{line}</span>'


def hang_all(match):
    """Return a block of code with every long line marked; the pattern is CODE."""
    return match[1] + "\n".join(map(hang, match[2].split("\n"))) + match[3]
