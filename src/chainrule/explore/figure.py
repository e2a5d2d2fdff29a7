"""A live figure: one script that runs in a page without a kernel, in JupyterLab and in Colab.

A figure shows itself in two ways at once. HTML holds a static picture of its first state, which
teaches without scripts and which the book's page brings to life; and where a kernel runs and
anywidget can be imported, a widget holds the same script inline. Both are the same on every run.
"""

import hashlib
import html
import json
from functools import cache

from chainrule.explore.bundle import bundle, source_of

_WIDGET = "application/vnd.jupyter.widget-view+json"


class LiveFigure:
    """A figure that the reader can change.

    Parameters
    ----------
    name : str
        Stem of the script in ``explore/``; it exports ``default { render }`` with anywidget's
        signature, ``render({ model, el })``, and reads and writes ``model``'s ``"state"``.
    state : dict
        The first state, of JSON types.
    title : str
        What the figure is, in a few words: its accessible name.
    picture : str
        The first state as SVG text. Colours are ``currentColor``; no scripts, no ``style``.
    code : str
        The Python lines that give the same numbers with the engine.
    caption : str, optional
        One sentence that says what to see.

    Raises
    ------
    TypeError
        If a part has the wrong type, or the state holds what JSON cannot.
    ValueError
        If there is no such script, the title is empty, the picture is no SVG or could be refused
        by a page's content security policy, or the state holds a number that is not finite.
    """

    def __init__(self, name, state, *, title, picture, code, caption=""):
        texts = {"name": name, "title": title, "picture": picture, "code": code, "caption": caption}
        for what, text in texts.items():
            if not isinstance(text, str):
                raise TypeError(f"{what} must be a string; got {type(text).__name__}")
        if not isinstance(state, dict):
            raise TypeError(f"state must be a dict; got {type(state).__name__}")
        if not title.strip():
            raise ValueError("title must say what the figure is; got an empty string")
        source_of(name)
        _check_picture(picture)
        self.name, self.title, self.caption = name, title, caption
        self.picture, self.code = picture, code
        self._first = _json(state)
        self._widget = None

    @property
    def state(self):
        """The state: the reader's where the figure is live in this kernel, else the first."""
        if self._widget is not None:
            return dict(self._widget.state)
        return json.loads(self._first)

    @property
    def html(self):
        """The figure for a page: the first state, for the host script to bring to life."""
        title = f"<strong>{html.escape(self.title, quote=False)}</strong>"
        caption = f"<figcaption>{title}. {html.escape(self.caption, quote=False)}</figcaption>"
        return (
            f'<figure class="cr-live" data-module="{self.name}" data-state="{html.escape(self._first)}" '
            f'aria-label="{html.escape(self.title)}">{caption}'
            f'<div class="cr-live-static">{self.picture}'
            f"<details><summary>Show me the code</summary>"
            f'<pre tabindex="0"><code>{html.escape(self.code, quote=False)}</code></pre></details></div></figure>'
        )

    @property
    def widget(self):
        """The anywidget of this figure, made on first use and kept.

        Raises
        ------
        ImportError
            If anywidget is not installed.
        """
        if self._widget is None:
            self._widget = _new_widget(self.name, self._first)
        return self._widget

    def __repr__(self):
        return f"LiveFigure({self.name!r}, {json.loads(self._first)!r})"

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = {"text/plain": repr(self), "text/html": self.html}, {}
        if _in_live_kernel():
            try:
                live = self.widget._repr_mimebundle_()
            except ImportError:
                return data, metadata
            live, metadata = live if isinstance(live, tuple) else (live, {})
            data[_WIDGET] = live[_WIDGET]
        return data, metadata


def _check_picture(picture):
    if not picture.startswith("<svg") or not picture.rstrip().endswith("</svg>"):
        raise ValueError(f"picture must be one <svg> element; got {picture[:40]!r}")
    for refused in ("<script", " style=", "<style", "javascript:", "http-equiv"):
        if refused in picture:
            raise ValueError(f"picture must hold no {refused.strip()}: a page's policy refuses it")


def _json(state):
    try:
        text = json.dumps(state, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ValueError(f"state must hold finite numbers only; {error}") from None
    except TypeError as error:
        raise TypeError(f"state must hold JSON types only; {error}") from None
    return text


def _in_live_kernel():
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


@cache
def _widget_class(name):
    import anywidget
    import traitlets

    body = {"_esm": bundle(name), "state": traitlets.Dict().tag(sync=True), "__module__": __name__}
    return type("".join(word.title() for word in name.split("_")), (anywidget.AnyWidget,), body)


_made = 0


def _new_widget(name, first):
    """Return a new widget; its model's id is no random one, so that a notebook runs to the same output."""
    global _made
    kind = _widget_class(name)
    from ipywidgets import Layout

    _made += 1
    ids = [
        hashlib.sha256(f"{part} {_made} {name} {first}".encode()).hexdigest()[:32]
        for part in ("layout", "figure")
    ]
    layout = Layout(model_id=ids[0], width="100%")
    return kind(state=json.loads(first), layout=layout, model_id=ids[1])
