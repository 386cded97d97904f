"""Names of files that begin with a hyphen: `seccm info -x.h5` means the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from typer.core import TyperCommand, TyperGroup, TyperOption

SUFFIXES = (".h5", ".toml", ".csv")
"""What the files that commands take end with."""


def with_names(arguments: Sequence[str], command: object) -> list[str]:
    """Write names of files so that they are not taken for options.

    Args:
        arguments: as typed, without the name of the program.
        command: the whole command line, which knows its options.
    """
    letters = {option[1] for option in _options(command) if not option.startswith("--")}
    stop = arguments.index("--") if "--" in arguments else len(arguments)
    names = (f"./{word}" if _is_name(word, letters) else word for word in arguments[:stop])
    return [*names, *arguments[stop:]]


def _options(command: object) -> Iterator[str]:
    if isinstance(command, TyperCommand | TyperGroup):
        for parameter in command.params:
            if isinstance(parameter, TyperOption):
                yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            yield from _options(each)


def _is_name(word: str, letters: Collection[str]) -> bool:
    """Tell whether a word is the name of a file, there or not, rather than an option."""
    if not word.startswith("-") or word.startswith("--") or len(word) < 2:
        return False
    return Path(word).exists() or (word.endswith(SUFFIXES) and word[1] not in letters)
