"""Commands that a person is offered to paste into a terminal."""

from __future__ import annotations

import shlex
import subprocess
import sys
from os import PathLike


def command(*words: str | PathLike[str]) -> str:
    """Return a command that works when it is pasted into a terminal, on one line.

    Args:
        words: the program, its subcommands, and files, which are paths and not texts.
    """
    given = [word if isinstance(word, str) else _no_option(str(word)) for word in words]
    if sys.platform == "win32":
        return subprocess.list2cmdline(given)
    return " ".join(_quoted(word) for word in given)


def _no_option(name: str) -> str:
    """Keep a name that begins with a dash from being taken for an option."""
    return f"./{name}" if name.startswith("-") else name


def _quoted(word: str) -> str:
    if all(letter.isprintable() for letter in word):
        return shlex.quote(word)
    # Bash, zsh and POSIX of 2024 read escapes of bytes in this.
    told = (
        chr(byte) if 32 <= byte < 127 and byte not in b"\\'" else f"\\x{byte:02x}"
        for byte in word.encode("utf-8", "surrogateescape")
    )
    return f"$'{''.join(told)}'"
