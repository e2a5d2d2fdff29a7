"""Show the real code in the page: what is printed is what runs."""

import inspect
import textwrap

from chainrule.proof.shown import _in_notebook


def show_source(*things):
    """Print the source of functions, classes, methods or ops, as the library holds it.

    Raises
    ------
    TypeError
        If something has no Python source, such as a built-in or a number.
    """
    if not things:
        raise TypeError("show_source needs at least one function, class or op; got nothing")
    parts = [part for thing in things for part in _pieces(thing)]
    text = "\n\n\n".join(_source(part).rstrip() for part in parts)
    places = list(dict.fromkeys(_place(part) for part in parts))
    header = f"# {', '.join(places)}\n"
    if _in_notebook():
        from IPython.display import display

        display(
            {"text/markdown": f"```python\n{header}{text}\n```", "text/plain": header + text},
            metadata={"chainrule": {"kind": "source", "places": places}},
            raw=True,
        )
    else:
        print(header + text)


def _pieces(thing):
    forward, backward = getattr(thing, "forward", None), getattr(thing, "backward", None)
    if (
        not inspect.isclass(thing)
        and hasattr(thing, "name")
        and inspect.isfunction(forward)
        and inspect.isfunction(backward)
    ):
        return [forward, backward]
    return [thing]


def _source(thing):
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (TypeError, OSError):
        raise TypeError(
            f"show_source needs a function, class or op written in Python; got {thing!r}"
        ) from None


def _place(thing):
    return getattr(inspect.getmodule(thing), "__name__", "this notebook")
