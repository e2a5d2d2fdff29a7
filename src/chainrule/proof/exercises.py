"""An exercise tells its reader at once: right, wrong with a hint, or not answered yet."""

from chainrule.proof.shown import Shown, check_id, escape


def exercise(id, answer):
    """Check an answer and show the verdict.

    Parameters
    ----------
    id : str
        The exercise's id, as printed above it.
    answer : object
        A number, an array, a string or a function, as the exercise asks. ``None`` or ``...``
        counts as not answered yet, and so does a function that returns one of them.

    Raises
    ------
    ValueError
        If there is no exercise of that id.
    """
    from chainrule.exercises import Unanswered, find

    check_id(id, "exercise")
    check = find(id)
    if answer is None or answer is ...:
        return _verdict(id, "open", "not answered yet")
    try:
        hint = check(answer)
    except Unanswered:
        return _verdict(id, "open", "not answered yet")
    except Exception as error:  # a reader's function may raise anything, and is told what
        hint = f"it raised {type(error).__name__}: {error}"
    return (
        _verdict(id, "right", "right")
        if hint is None
        else _verdict(id, "wrong", f"not yet: {hint}")
    )


def _verdict(id, state, words):
    text = f"exercise {id}: {words}"
    body = f"<strong>Exercise {escape(id)}:</strong> {escape(words)}"
    return Shown(text, body, {"kind": "exercise", "id": id, "words": words}, state).show()
