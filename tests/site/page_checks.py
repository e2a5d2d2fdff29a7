"""What a page must be. Each check returns a list of faults, one sentence each; an empty list is a pass."""

import functools
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup

LIMIT_PLAIN, LIMIT_MATHEMATICS, LIMIT_FIGURE = 250_000, 500_000, 300_000
LIMIT_SHIFT = 0.1
SHORTEST_ALT = 15
FILE_NAME = re.compile(r"\.(png|jpe?g|svg|gif|webp)$|^[\w./-]*_build|^\S*/\S*$", re.I)
FIGURE_TYPES = {".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp"}


def request_faults(visit):
    """Nothing may be asked of a third party, and nothing that was asked for may be missing."""
    return [f"asks a third party: {url}" for url in visit.foreign] + [
        f"missing: {what}" for what in visit.failed
    ]


def policy_faults(visit):
    """A content security policy must stand in the head, name nobody else, and be kept."""
    policy = visit.page.evaluate(
        "document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content || ''"
    )
    faults = [f"policy violated: {what}" for what in visit.violations]
    if "default-src 'none'" not in policy or "script-src 'self'" not in policy:
        faults.append(f"no strict content security policy: {policy!r}")
    script_part = re.search(r"script-src ([^;]*)", policy)
    if script_part and re.search(r"unsafe|https?:|\*", script_part[1]):
        faults.append(f"policy lets foreign scripts in: {script_part[1]}")
    return faults


def console_faults(visit):
    """No error and no warning on the console."""
    return [f"console {kind}: {text}" for kind, text in visit.console if kind in ("error", "warning")]


@functools.cache
def axe_source():
    """Return the text of axe-core."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


LEAVE_OUT_REPEATED = """() => {
    const seen = new Set(), repeated = [];
    for (const word of document.querySelectorAll("div.highlight pre span")) {
        const style = getComputedStyle(word), box = word.closest(".cell_input, .cell_output")?.className;
        const kind = [word.className, box, style.color, style.fontSize].join("|");
        if (!word.childElementCount && seen.has(kind)) repeated.push(word); else seen.add(kind);
    }
    for (const word of repeated) word.replaceWith(word.textContent);
    for (const code of document.querySelectorAll("div.highlight pre")) code.normalize();
    for (const glyphs of document.querySelectorAll("mjx-math")) glyphs.replaceChildren();
}"""


ONE_OF_EACH_LOOK = """() => {
    const looks = new Map();
    const look = (element) => {
        const style = getComputedStyle(element), own = [style.color, style.fontSize, style.fontWeight];
        for (let box = element; box; box = box.parentElement) {
            const { backgroundColor, backgroundImage, opacity, position, filter } = getComputedStyle(box);
            const floats = ["absolute", "fixed", "sticky"].includes(position) ? position : "";
            const part = [backgroundColor, backgroundImage, opacity, filter, floats].join(" ");
            if (part !== "rgba(0, 0, 0, 0) none 1 none ") own.push(part);
        }
        return own.join("|");
    };
    for (const element of document.body.querySelectorAll(":not(mjx-math *, script, style)")) {
        const speaks = element.matches("input, select, textarea, button") ||
            [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!speaks || !element.checkVisibility({ visibilityProperty: true })) continue;
        // a link must differ from the words around it, too
        const name = look(element) + (element.matches("a") ? ` in ${look(element.parentElement)}` : "");
        const [first] = looks.get(name) ?? [element];
        looks.set(name, [first, element]);
    }
    return [...new Set([...looks.values()].flat())];
}"""
RUN_AXE = f"""async (all) => {{
    const options = {{ resultTypes: ["violations"], iframes: false }}, exclude = ["mjx-math"];
    const values = ["color-contrast", "link-in-text-block"], include = ({ONE_OF_EACH_LOOK})();
    const looks = {{ ...options, runOnly: {{ type: "rule", values }} }};
    const rest = {{ ...options, rules: Object.fromEntries(values.map((rule) => [rule, {{ enabled: false }}])) }};
    const found = all ? (await axe.run({{ exclude }}, rest)).violations : [];
    return [...found, ...(await axe.run({{ include, exclude }}, looks)).violations];
}}"""


def axe_faults(visit, *, colours_alone=False):
    """No violation of axe, its best practices included; or of the rules alone that another theme can break.

    Left out for time are the glyphs of formulas (hidden from screen readers, which get MathML, and of the colour of the
    text around them) and, of the coloured words of code, all but the first of each class in each kind of box. The
    contrast is measured on the first and the last text of each look: colour, size, weight, the boxes that it stands
    in, and for a link the words around it. What lies over a text by its place alone is not seen.
    """
    visit.page.evaluate(axe_source())
    visit.page.evaluate(LEAVE_OUT_REPEATED)
    return [
        f"axe {rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary'][:200]}"
        for rule in visit.page.evaluate(RUN_AXE, not colours_alone)
        for node in rule["nodes"]
    ]


def weight_faults(visit, folder):
    """At most 250 kB without mathematics, 500 kB with, everything counted as transferred."""
    weights = visit.weight(folder)
    limit = LIMIT_MATHEMATICS if any("mathjax" in name for name in weights) else LIMIT_PLAIN
    total = sum(weights.values())
    if total <= limit:
        return []
    heaviest = sorted(weights.items(), key=lambda item: -item[1])[:5]
    return [f"weighs {total} bytes, at most {limit}: {heaviest}"]


def mathematics_faults(visit):
    """MathJax is loaded where there is mathematics, and only there; no formula is left in error."""
    has = visit.page.evaluate("document.querySelectorAll('.math').length > 0")
    loaded = any("mathjax/startup" in url for url in visit.requests)
    errors = visit.page.evaluate(
        "[...document.querySelectorAll('mjx-merror, [data-mjx-error]')].map((node) => node.textContent)"
    )
    raw = visit.page.evaluate(
        "[...document.querySelectorAll('.math')].filter((n) => !n.querySelector('mjx-container')).length"
    )
    faults = [f"formula in error: {text}" for text in errors]
    if has != loaded:
        faults.append(f"mathematics on the page: {has}; MathJax loaded: {loaded}")
    if has and raw:
        faults.append(f"{raw} formulas are not set")
    return faults


def shift_faults(visit):
    """The layout shifts by at most 0.1."""
    return (
        [] if visit.shift <= LIMIT_SHIFT else [f"layout shifts by {visit.shift:.3f}, at most {LIMIT_SHIFT}"]
    )


def figure_faults(folder):
    """No figure above 300 kB."""
    return [
        f"{path.relative_to(folder)} has {path.stat().st_size} bytes, at most {LIMIT_FIGURE}"
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix in FIGURE_TYPES and path.stat().st_size > LIMIT_FIGURE
    ]


def alt_faults(html):
    """Every figure of the text says in at least 15 characters what it shows, and not with a file's name."""
    faults = []
    article = BeautifulSoup(html, "html.parser").find("article")
    for image in article.find_all("img") if article else []:
        alt = (image.get("alt") or "").strip()
        if len(alt) < SHORTEST_ALT:
            faults.append(f"alt text of {image.get('src')} is too short: {alt!r}")
        elif FILE_NAME.search(alt):
            faults.append(f"alt text is a file name: {alt!r}")
    return faults


def head_faults(html):
    """Title, language, description, canonical address and icon are there."""
    soup = BeautifulSoup(html, "html.parser")
    wanted = {
        "language": soup.html.get("lang"),
        "title": soup.title and soup.title.string,
        "description": soup.find("meta", attrs={"name": "description", "content": True}),
        "canonical address": soup.find("link", rel="canonical"),
        "icon": soup.find("link", rel="icon"),
    }
    return [f"no {name} in the head" for name, found in wanted.items() if not found]


class _LinksAndIds(HTMLParser):
    """What a page links to and what can be linked to in it, without a tree of its elements."""

    LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}

    def __init__(self):
        super().__init__()
        self.links, self.ids = [], set()

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if value and name == self.LINKS.get(tag):
                self.links.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value)


@functools.lru_cache(maxsize=512)
def _links_and_ids(path, _modified):
    reader = _LinksAndIds()
    reader.feed(Path(path).read_text("utf-8"))
    reader.close()
    return reader.links, reader.ids


def link_faults(folder, name):
    """Every link inside the site leads to a file, and every fragment to an element.

    folder : root of the site
    name : page below it
    """
    folder, faults = Path(folder).resolve(), []
    path = folder / name
    links, own_ids = _links_and_ids(str(path), path.stat().st_mtime_ns)
    for link in dict.fromkeys(links):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (
            (folder / unquote(urlsplit(urljoin("/" + name, link)).path).lstrip("/")) if parts.path else path
        )
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            faults.append(f"link leads nowhere: {link}")
        elif parts.fragment and target.suffix == ".html":
            ids = own_ids if target == path else _links_and_ids(str(target), target.stat().st_mtime_ns)[1]
            if unquote(parts.fragment) not in ids:
                faults.append(f"no element for the fragment: {link}")
    return faults


OVERFLOW = """
() => {
    const wide = document.documentElement.clientWidth, faults = [];
    const whole = document.documentElement.scrollWidth;
    if (whole > wide) faults.push(`the page is ${whole} px wide`);
    const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
    for (const box of document.querySelectorAll("main *")) {
        const place = box.getBoundingClientRect();
        if (!place.width || !place.height || getComputedStyle(box).visibility === "hidden") continue;
        const name = `${box.tagName.toLowerCase()}.${box.className.baseVal ?? box.className}`.slice(0, 80);
        if (scrolls(box) && box.scrollWidth > box.clientWidth + 1 && box.tabIndex < 0)
            faults.push(`${name} scrolls but the keyboard cannot reach it`);
        if (place.right <= wide + 1 || box.closest("mjx-assistive-mml, .visually-hidden")) continue;
        let parent = box.parentElement;
        while (parent && !scrolls(parent)) parent = parent.parentElement;
        if (!parent || ["BODY", "HTML"].includes(parent.tagName))
            faults.push(`${name} ends at ${Math.round(place.right)} px`);
    }
    return faults.slice(0, 12);
}
"""


def overflow_faults(visit):
    """Nothing reaches beyond the right edge but inside a box that scrolls and that the keyboard reaches."""
    return visit.page.evaluate(OVERFLOW)


DISTORTION = """
() => [...document.querySelectorAll("main img")].flatMap((image) => {
    const { width, height } = image.getBoundingClientRect();
    if (!width || !image.naturalHeight) return [];
    const stretched = width / height / (image.naturalWidth / image.naturalHeight);
    const name = image.getAttribute("src").split("/").pop();
    return Math.abs(stretched - 1) > 0.03 ? [`${name} is shown ${stretched.toFixed(2)} times too wide`] : [];
})
"""


def distortion_faults(visit):
    """Every picture keeps its proportions."""
    return visit.page.evaluate(DISTORTION)
