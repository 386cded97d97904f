"""What a command of the program asks of a person in the window: its options, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Option:
    """One field, and the option of the command that it fills."""

    option: str
    """As the command line has it, such as `--sign`."""
    words: str
    """Before the field."""
    meaning: str
    """What it does, in a sentence."""
    example: str = ""
    text: str = ""
    """What stands in the field at first."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """What the option is for each thing that can be chosen; empty text: the option is left out."""
    many: bool = False
    """Whether several values, with semicolons between them, are as many options."""
    path: bool = False
    """Whether it names a file, for which a dialog helps."""


def arguments(asked: Sequence[Option], typed: Mapping[str, str]) -> list[str]:
    """Return the options of the command line for what stands in the fields.

    Args:
        asked: the fields.
        typed: what stands in them, by option; a field that is empty leaves its option out.
    """
    return list(_arguments(asked, typed))


def _arguments(asked: Sequence[Option], typed: Mapping[str, str]) -> Iterator[str]:
    for one in asked:
        text = typed.get(one.option, "").strip()
        text = one.choices.get(text, text)
        parts = text.split(";") if one.many else [text]
        for part in (part.strip() for part in parts):
            if part == one.option:  # a switch, which has no value
                yield part
            elif part:
                yield from (one.option, part)


SAID_BY_FILE = "as the file says"
IMPORTS = (
    Option(
        "--sign", "Positive currents",
        "Which currents are positive in the file. It is never guessed.",
        choices={SAID_BY_FILE: "", "anodic": "anodic", "cathodic": "cathodic"},
    ),
    Option("--footprint", "Wetted diameter", "Diameter of what the droplet wets.", "2 um"),
    Option("--reference", "Reference", "What the potentials in the file are against.", "Ag/AgCl"),
    Option(
        "--column", "Columns",
        "Which column has which quantity: time, potential, current, x, y or z.",
        "current=Current1 (A); potential=V1 (V)", many=True,
    ),
    Option(
        "--unit", "Units", "The units of columns that have none in the file.",
        "current=nA; potential=mV", many=True,
    ),
    Option("--period", "Period", "From one data point to the next, if there is no time.", "10 ms"),
    Option(
        "--step", "Steps", "What each step of a site is, in their order.", "open circuit; cv",
        many=True,
    ),
    Option(
        "--stage", "Series", "What each series of a hop is, in their order.",
        "skip; open circuit; lsv", many=True,
    ),
    Option("--places", "Places", 'A CSV table: "site, x (um), y (um)".', "places.csv", path=True),
    Option("--mapping", "Mapping file", "A TOML file that says all this.", "map.toml", path=True),
    Option(
        "--decimal", "Decimal sign", "How numbers are written in the file.",
        choices={"point": "", "comma": "comma"},
    ),
    Option(
        "--incomplete", "A file that is cut", "Whether it is taken as far as it goes.",
        choices={"is refused": "", "is taken as far as it goes": "--incomplete"},
    ),
)  # fmt: skip
"""What `seccm import` may have to be told."""
FIGURES = (
    Option("--width", "Width", "Of each figure, as it is printed.", "85 mm", "85 mm"),
    Option("--dpi", "Dots per inch", "Of the pictures in PNG.", "600", "600"),
)
"""What `seccm export --to figures` is told."""
CHARGING = (
    Option(
        "--charging", "Charging is",
        "The Battery Data Format counts the current of charging as positive.",
        choices={"oxidation": "oxidation", "reduction": "reduction"},
    ),
)  # fmt: skip
"""What `seccm export --to bdf` is told."""
