"""How numbers, units and names of quantities are written for people, on paper and on screens."""

from __future__ import annotations

import math
import re

_FILE = re.compile(r"""["'(]?(~?/|\.{1,2}/|[A-Za-z]:[\\/])|.*\.(h5|toml|json|csv|html|py)\b""")
"""A word that names a file or a folder."""


def superscripted(reference: str) -> str:
    """Set the charges in the name of a couple as superscripts."""
    return re.sub(r"(?<=[A-Za-z0-9)])(\d?[+-])(?=$|[/ ,])", r"$^{\1}$", reference)


def html(text: str) -> str:
    """Write the symbols in a text, such as those of `symbol`, in plain characters for a page."""
    plain = {r"_{1/2}": "½", r"\Delta ": "Δ", r"\mathrm": "", "$": "", "{": "", "}": "", "_": " "}
    for mark, replacement in plain.items():
        text = text.replace(mark, replacement)
    return text


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many digits and a real minus sign; a dash if there is none."""
    return f"{value:.{digits}g}".replace("-", "−") if math.isfinite(value) else "–"


def counted(count: int, what: str) -> str:
    """Write how many there are, such as "1 site" or "2 sites"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def plus_minus(mean: float, error: float) -> str:
    """Write a number and its error: the error with two digits, the number as far as it."""
    if not math.isfinite(mean):
        return "–"
    if not _says_something(mean, error):
        return number(mean, 4)
    fine = f"{error:.{decimals(error)}f}"
    return f"{as_fine(mean, error)} ± {fine}"


def as_fine(value: float, error: float) -> str:
    """Write a number with as many decimals as its error deserves: `plus_minus` without the error.

    Args:
        value: to be written.
        error: of it, or of another number that stands beside it.
    """
    if not math.isfinite(value):
        return "–"
    if not _says_something(value, error):
        return number(value, 4)
    text = f"{value:.{decimals(error)}f}"
    # What rounds to zero has no sign.
    return (text if float(text) else text.removeprefix("-")).replace("-", "−")


def decimals(error: float) -> int:
    """Return the places after the point at which an error has its second digit; 0 at least.

    An error of 0.996 rounds to 1.0, one place sooner than one of 0.994.
    """
    exponent = int(f"{error:.1e}".partition("e")[2])
    return max(0, 1 - exponent)


def _says_something(value: float, error: float) -> bool:
    """Tell whether an error is one to write: it is known, and not lost among the digits."""
    return math.isfinite(error) and error > 0.0 and error >= 1e-4 * abs(value)


def readable(text: str) -> str:
    """Set plain text such as "-0.2 mA/cm^2" with a real minus sign and superscripts.

    Names of files and folders stay as they are.
    """
    return re.sub(r"\S+", lambda found: _readable(found.group()), text)


def _readable(word: str) -> str:
    if _FILE.match(word):
        return word
    text = word
    powers = {"degC": "°C", "^2": "²", "^3": "³", "^-1": "⁻¹", "^-2": "⁻²"}
    for plain, raised in sorted(powers.items(), key=lambda item: -len(item[0])):
        text = text.replace(plain, raised)
    text = re.sub(r"(?<![\w.)])-(?=\d)", "−", text)
    return re.sub(r"\bu(?=(m|A|Ah|V|s|C)(?![A-Za-z]))", "µ", text)
