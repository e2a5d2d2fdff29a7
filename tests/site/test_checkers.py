"""The checks themselves: each finds its planted fault on a small page, and is quiet on the sound one."""

import random

import pytest
from browsing import visit
from page_checks import (
    alt_faults,
    axe_faults,
    console_faults,
    distortion_faults,
    figure_faults,
    head_faults,
    link_faults,
    mathematics_faults,
    overflow_faults,
    policy_faults,
    request_faults,
    shift_faults,
    weight_faults,
)

pytestmark = pytest.mark.site
POLICY = "default-src 'none'; script-src 'self'; img-src 'self'; style-src 'unsafe-inline'"
SOUND = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sound</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="viewport" content="width=device-width">
</head><body><main><h1>Sound</h1><article><p id="here">Text. <a href="#here">Here</a></p>PLANT</article></main></body>
</html>"""


def faults_of(browser, serve, check, plant, files=None, page=SOUND, **how):
    """Serve a page with something planted into it, visit it, and return what a check finds."""
    url = serve({"page.html": page.replace("PLANT", plant), **(files or {})})
    with visit(browser, url, "page.html", **how) as seen:
        return check(seen)


CHECKS = [
    request_faults,
    policy_faults,
    console_faults,
    axe_faults,
    mathematics_faults,
    shift_faults,
    overflow_faults,
    distortion_faults,
]
CSP = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
PLANTED = {
    "a third party's image": (
        request_faults,
        '<img alt="" src="https://example.org/x.png">',
        SOUND.replace(CSP, ""),
    ),
    "a file that is missing": (request_faults, '<img alt="" src="gone.png">', SOUND),
    "an inline script": (policy_faults, "<script>window.x = 1</script>", SOUND),
    "no policy": (policy_faults, "", SOUND.replace(CSP, "")),
    "a policy that lets all scripts in": (
        policy_faults,
        "",
        SOUND.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
    ),
    "a script that fails": (console_faults, '<script src="bad.js"></script>', SOUND),
    "an image without alt text": (axe_faults, '<img src="dot.svg">', SOUND),
    "faint text": (axe_faults, '<p style="color:#ccc;background:#fff">Faint text</p>', SOUND),
    "faint text among much that is not": (
        axe_faults,
        "<p>Text</p>" * 20 + '<p><b>Bold</b> <span style="color:#ccc">faint</span></p>' + "<p>Text</p>" * 20,
        SOUND,
    ),
    "text of the usual colour on a dark box": (
        axe_faults,
        "<p>Text</p>" * 3 + '<div style="background:#222"><p>Lost</p></div>' + "<p>Text</p>" * 3,
        SOUND,
    ),
    "text that its box makes faint": (
        axe_faults,
        "<p>Text</p>" * 3 + '<div style="opacity:0.3"><p>Faint</p></div>' + "<p>Text</p>" * 3,
        SOUND,
    ),
    "a link told from the words around it by little colour": (
        axe_faults,
        '<ul><li><a href="#here">Here</a></li></ul>'
        '<p style="color:#006">There are <a href="#here" style="text-decoration:none">words</a> around it.</p>',
        SOUND,
    ),
    "text outside landmarks (a best practice)": (
        axe_faults,
        "",
        SOUND.replace("<main>", "<p>Lost</p><main>"),
    ),
    "mathematics without MathJax": (mathematics_faults, '<span class="math">x</span>', SOUND),
    "a late block on top": (shift_faults, '<script src="shift.js"></script>' + "<p>Text</p>" * 20, SOUND),
    "a wide table": (overflow_faults, '<table><tr><td style="min-width:900px">x</td></tr></table>', SOUND),
    "a box that scrolls without focus": (
        overflow_faults,
        '<div style="overflow-x:auto"><div style="width:900px">x</div></div>',
        SOUND,
    ),
}
PLANTED["a picture squeezed"] = (
    distortion_faults,
    '<img alt="" src="wide.svg" width="900" height="300" style="max-width:100%">',
    SOUND,
)
FILES = {
    "wide.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='300'/>",
    "bad.js": "undefinedFunction();",
    "dot.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "shift.js": "setTimeout(() => { const b = document.createElement('div'); b.style.height = '400px';"
    " document.querySelector('main').prepend(b); }, 200);",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_page_passes(browser, serve, check):
    """No check cries on a page without fault."""
    assert faults_of(browser, serve, check, "", width=375) == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(browser, serve, name):
    """Each check finds what it is for."""
    check, plant, page = PLANTED[name]
    if check is shift_faults:
        assert late_shift(browser, serve, plant, page)
    else:
        assert faults_of(browser, serve, check, plant, FILES, page, width=375)


@pytest.mark.parametrize("name", [name for name in PLANTED if PLANTED[name][0] is axe_faults])
def test_after_a_change_of_theme_faults_of_colour_are_found_and_no_others(browser, serve, name):
    """What the page shows in the other theme is checked by the rules alone that another theme can break."""
    _, plant, page = PLANTED[name]
    url = serve({"page.html": page.replace("PLANT", plant), **FILES})
    with visit(browser, url, "page.html") as seen:
        faults = axe_faults(seen, colours_alone=True)
    is_of_colour = any(word in name for word in ("faint", "colour"))
    assert bool(faults) == is_of_colour, faults


def late_shift(browser, serve, plant, page):
    """Return the shift faults once the planted script has moved the page."""
    url = serve({"page.html": page.replace("PLANT", plant), **FILES})
    with visit(browser, url, "page.html") as seen:
        seen.page.wait_for_timeout(400)
        seen.shift = seen.page.evaluate("window.__shift")
        return shift_faults(seen)


def test_weight_is_counted_as_sent_and_judged_by_mathematics(browser, serve, tmp_path):
    """260 kB that do not compress are too much on a plain page and not on one with mathematics."""
    noise = random.Random(0).randbytes(260_000)
    for name, expected in (("big.woff2", 1), ("mathjax/big.woff2", 0)):
        html = SOUND.replace("PLANT", f'<img alt="" src="{name}">')
        url = serve({"page.html": html, name: noise})
        with visit(browser, url, "page.html") as seen:
            assert len(weight_faults(seen, tmp_path)) == expected
    url = serve(
        {"page.html": SOUND.replace("PLANT", '<script src="zeros.js"></script>'), "zeros.js": " " * 900_000}
    )
    with visit(browser, url, "page.html") as seen:
        assert weight_faults(seen, tmp_path) == []


def test_faults_in_files_are_found(tmp_path):
    """Alt texts, links, fragments, heads and heavy figures, each with a planted fault."""
    page = tmp_path / "a.html"
    good = SOUND.replace(
        "PLANT", '<img src="b.png" alt="A curve that falls and then rises."><a href="b.html#x">b</a>'
    )
    (tmp_path / "b.png").write_bytes(b"0" * 300_000)
    (tmp_path / "b.html").write_text('<p id="x">b</p>')
    page.write_text(good)
    assert alt_faults(good) + link_faults(tmp_path, "a.html") + figure_faults(tmp_path) == []
    for alt in ("", "short", "../../_images/0f3a9c1b2d_curve.png"):
        assert alt_faults(good.replace("A curve that falls and then rises.", alt))
    for number, (old, new) in enumerate(
        {"b.html#x": "b.html#y", "#here": "#gone", 'src="b.png"': 'src="c.png"'}.items()
    ):
        (tmp_path / f"bad{number}.html").write_text(good.replace(old, new, 1))
        assert link_faults(tmp_path, f"bad{number}.html")
    (tmp_path / "b.png").write_bytes(b"0" * 300_001)
    assert figure_faults(tmp_path)
    assert len(head_faults(good)) == 3
