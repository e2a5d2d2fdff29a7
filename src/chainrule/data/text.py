"""A novel that ships with the package."""

import gzip
import numbers
import re
from importlib import resources

from chainrule import checks

N_CHAPTERS = 24


def load_persuasion(chapters=None, *, unwrap=False):
    """Return Jane Austen's novel "Persuasion" (1818) as one string of ASCII characters.

    It is in the public domain and ships with the package, so nothing is downloaded.

    Parameters
    ----------
    chapters : int or iterable of int, optional
        Which of the chapters 1 to 24, in this order, each from its heading to the next one.
        Without it the whole novel, from its title to "Finis".
    unwrap : bool
        Put every paragraph on one line of its own, with single spaces and without empty lines,
        rather than keep the lines of at most 73 characters.

    Returns
    -------
    str
        466 854 characters when whole.

    Raises
    ------
    TypeError, ValueError
        If `chapters` is not made of integers in 1 to 24, or is empty.

    Examples
    --------
    >>> load_persuasion(1, unwrap=True)[10:52]
    'Sir Walter Elliot, of Kellynch Hall, in So'
    >>> train, test = load_persuasion(range(1, 21)), load_persuasion(range(21, 25))
    """
    checks.check_bool(unwrap, "unwrap")
    numbers_wanted = None if chapters is None else _chapter_numbers(chapters)
    file = resources.files("chainrule.data").joinpath("persuasion.txt.gz")
    text = gzip.decompress(file.read_bytes()).decode("ascii")
    if numbers_wanted is not None:
        parts = re.split(r"^(?=Chapter \d+$)", text, flags=re.MULTILINE)
        text = "".join(parts[number] for number in numbers_wanted)
    return _unwrapped(text) if unwrap else text


def _chapter_numbers(chapters):
    if isinstance(chapters, numbers.Integral):
        chapters = (chapters,)
    elif isinstance(chapters, str) or not hasattr(chapters, "__iter__"):
        raise TypeError(f"chapters must be an integer or integers; got {type(chapters).__name__}")
    wanted = [checks.check_int(n, "chapters", minimum=1, maximum=N_CHAPTERS) for n in chapters]
    if not wanted:
        raise ValueError("chapters must name at least one chapter; got none")
    return wanted


def _unwrapped(text):
    paragraphs = re.split(r"\n\s*\n", text)
    lines = (" ".join(paragraph.split()) for paragraph in paragraphs)
    return "".join(f"{line}\n" for line in lines if line)
