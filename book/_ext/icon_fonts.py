"""Cut the theme's icon fonts and its stylesheet down to the icons that the pages use.

The theme ships 2 000 icons, 270 kB of fonts and 90 kB of rules; the book uses about 15 of them.
"""

import logging
import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

RULE = re.compile(r'((?:\.fa[bsrl]?[\w.-]*(?::+before)?,?)+)\{(?:content|--fa):"\\([0-9a-f]+)"[^}]*\}')
NAME = re.compile(r"\bfa-([a-z0-9-]+)")
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table it prunes
STYLE_WORDS = {"solid", "regular", "brands", "lg", "fw", "sm", "xs", "xl", "spin"}
FONTS = ("fa-solid-900", "fa-brands-400", "fa-regular-400")
ALWAYS = {"chevron-down", "chevron-right", "angle-left", "angle-right", "angle-up", "arrow-up"}


def used_names(texts):
    """Return the names of the icons that occur in pages, scripts or our own styles."""
    return (ALWAYS | {name for text in texts for name in NAME.findall(text)}) - STYLE_WORDS


def trim_rules(css, names):
    """Return the stylesheet without the rules of unused icons, and the code points of the used ones.

    css : text of the theme's stylesheet
    names : set of icon names
    """
    points = set()

    def keep(match):
        if set(NAME.findall(match[1])) & names:
            points.add(int(match[2], 16))
            return match[0]
        return ""

    return RULE.sub(keep, css), points


def code_points_in_rules(css):
    """Return the code points that any rule of a stylesheet still prints, by class or directly."""
    return {int(point, 16) for point in re.findall(r'(?:content|--fa):"\\(f[0-9a-f]{2,4}|e[0-9a-f]{3})', css)}


def subset_font(source, target, points):
    """Write a woff2 font that holds the given code points alone.

    source : path of the whole font (.ttf)
    target : path of the .woff2 to write
    """
    font = TTFont(source)
    options = Options(flavor="woff2", layout_features=[], notdef_outline=False, glyph_names=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(target)


def trim_icons(site, pages):
    """Trim stylesheet and fonts of a built site in place.

    site : path of the site's root
    pages : paths of its pages
    Raises ExtensionError if the theme's files are not where they are expected.
    """
    stylesheet = site / "_static/styles/pydata-sphinx-theme.css"
    fonts = site / "_static/vendor/fontawesome/webfonts"
    if not stylesheet.exists() or not fonts.is_dir():
        raise ExtensionError("icon fonts: the theme's stylesheet or fonts have moved")
    css = stylesheet.read_text(encoding="utf-8")
    texts = [path.read_text(encoding="utf-8") for path in pages]
    lean, points = trim_rules(css, used_names(texts))
    if lean == css and RULE.search(css) is None:
        raise ExtensionError("icon fonts: no icon rule found in the theme's stylesheet; its form has changed")
    points |= code_points_in_rules(lean)
    lean = re.sub(r',url\([^)]*\.ttf\) format\("truetype"\)', "", lean)
    lean = lean.replace("/*# sourceMappingURL=pydata-sphinx-theme.css.map*/", "")
    if lean != css:
        stylesheet.write_text(lean, encoding="utf-8")
    for name in FONTS:
        whole = Path(theme_fonts(), f"{name}.ttf")
        subset_font(whole, fonts / f"{name}.woff2", points)
        (fonts / f"{name}.ttf").unlink(missing_ok=True)
    for path in [*site.glob("_static/scripts/fontawesome.js*"), *site.glob("_static/**/*.map")]:
        path.unlink(missing_ok=True)


def theme_fonts():
    """Return the folder of the whole fonts, in the installed theme."""
    import pydata_sphinx_theme

    return Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts"
