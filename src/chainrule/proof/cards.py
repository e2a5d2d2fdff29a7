"""A card: what a named model is, with the numbers that a cell has computed."""

from chainrule.proof.shown import Shown, check_id, escape, number


def card(id, name, *, year, paper, idea, configuration, parameters=None):
    """Show the card of a named model; the page *Models* collects all cards.

    Parameters
    ----------
    id : str
        Letters, digits and hyphens; unique in the book.
    name : str
        As the field writes it.
    year : int
        Of the primary paper.
    paper : str
        Its key in the bibliography.
    idea : str
        One sentence.
    configuration : str
        What was counted, or why there is nothing to count.
    parameters : int, optional
        Learned numbers of that configuration, computed by the cell.

    Raises
    ------
    ValueError
        If a part is missing or of the wrong kind.

    >>> _ = card("mlp", "MLP", year=1986, paper="rumelhart1986learning", parameters=2 * 3 + 3,
    ...          idea="Affine maps with a bend between them.", configuration="2 in, 3 out")
    ✓ MLP (1986): Affine maps with a bend between them. 2 in, 3 out: 9 parameters.
    """
    check_id(id, "card")
    for what, text in (
        ("name", name),
        ("paper", paper),
        ("idea", idea),
        ("configuration", configuration),
    ):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"card {id}: {what} must be words; got {text!r}")
    if type(year) is not int or not 1900 < year < 2100:
        raise ValueError(f"card {id}: year must be a whole number such as 2017; got {year!r}")
    if parameters is not None and (type(parameters) is not int or parameters < 1):
        raise ValueError(
            f"card {id}: parameters must be a positive int or None; got {parameters!r}"
        )
    count = (
        configuration if parameters is None else f"{configuration}: {number(parameters)} parameters"
    )
    record = {
        "kind": "card",
        "id": id,
        "name": name,
        "year": year,
        "paper": paper,
        "idea": idea,
        "configuration": configuration,
        "parameters": parameters,
    }
    body = (
        f'<strong>{escape(name)}</strong> ({year}) <span class="cr-statement">{escape(idea)}</span> '
        f'<span class="cr-figures" style="opacity:.85">{escape(count)}.</span>'
    )
    return Shown(f"{name} ({year}): {idea} {count}.", body, record).show()
