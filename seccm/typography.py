"""How numbers, units and names of quantities are written for people, on paper and on screens."""

from __future__ import annotations

import math
import re


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


def plus_minus(mean: float, sd: float) -> str:
    """Write mean and standard deviation, the deviation with two digits, the mean as far as that."""
    if not math.isfinite(mean):
        return "–"
    if not math.isfinite(sd) or sd < 1e-4 * abs(mean):
        return number(mean, 4)
    decimals = max(0, 1 - math.floor(math.log10(sd))) if sd > 0.0 else 0
    return f"{mean:.{decimals}f} ± {sd:.{decimals}f}".replace("-", "−")


def readable(text: str) -> str:
    """Set plain text such as "-0.2 mA/cm^2" with a real minus sign and superscripts."""
    powers = {"^2": "²", "^3": "³", "^-1": "⁻¹", "^-2": "⁻²"}
    for plain, raised in sorted(powers.items(), key=lambda item: -len(item[0])):
        text = text.replace(plain, raised)
    text = re.sub(r"(?<![\w.)])-(?=\d)", "−", text)
    return re.sub(r"\bu(?=(m|A|Ah|V|s|C)(?![A-Za-z]))", "µ", text)
