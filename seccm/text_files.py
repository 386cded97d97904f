"""Reads whole text files that people write, and says in a sentence why one cannot be read.

Whatever stands in a file's place ends in that sentence, and never in waiting: a folder, a pipe
that nobody writes to, a device, another encoding, a file of another kind. Here is also how a file
is named after a title.
"""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

LARGEST = 64 * 2**20
"""Bytes; more than any plan or table of points has."""
LONGEST = 80
"""Bytes of the words in a file's name: with what is put behind them, every system takes it."""
_OTHER = {
    codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16",
}  # fmt: skip
_UTF8 = 'Save it as UTF-8, which spreadsheets call "CSV UTF-8".'
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISREG, ""),
)


class Unreadable(Exception):
    """A file that cannot be read as text.

    Args:
        what: why, as the end of a sentence that begins with the file.
        remedy: what to do, as a sentence.
        missing: whether there is none.
    """

    def __init__(self, what: str, remedy: str = "", *, missing: bool = False) -> None:
        self.what, self.remedy, self.missing = what, remedy, missing
        super().__init__(f"{what} {remedy}".rstrip())


def read_text(path: Path, *, largest: int = LARGEST) -> str:
    """Read a text file in UTF-8, with or without its mark; every line ends with a line feed.

    Raises:
        Unreadable: there is none, it is no file, too large, or not text in UTF-8.
    """
    content = _bytes_of(path, largest)
    for mark, name in _OTHER.items():
        if content.startswith(mark):
            raise Unreadable(f"is {name} text, not UTF-8.", _UTF8)
    zero = content.find(b"\0")
    if zero >= 0:
        raise Unreadable(f"is not text: byte {zero} is zero.", "Is it a file of another kind?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 text (byte {error.start}, in line {line})."
        raise Unreadable(what, _UTF8) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def not_a_file(mode: int) -> str:
    """Return what stands in a file's place, such as "a pipe"; empty where it is a file.

    Args:
        mode: `st_mode` of what `os.stat` found.
    """
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _bytes_of(path: Path, largest: int) -> bytes:
    try:
        # Looked at before it is opened: to open a pipe is to wait for somebody who writes to it.
        found = os.stat(path)
        if kind := not_a_file(found.st_mode):
            raise Unreadable(f"is {kind}, not a file.")
        if found.st_size > largest:
            what = f"has {found.st_size / 2**20:.0f} MB; at most {largest / 2**20:.0f} MB are read."
            raise Unreadable(what, "Is it the right file?")
        # Files of the system may pretend to be ordinary ones, and not be waited for either.
        with open(path, "rb", opener=_at_once) as file:
            content = file.read(largest + 1) or b""
    except FileNotFoundError:
        raise Unreadable("does not exist.", missing=True) from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}.") from None
    except ValueError:  # A path with a NUL in it.
        raise Unreadable("is not a valid file name.") from None
    if len(content) > largest:
        raise Unreadable(f"has more than {largest / 2**20:.0f} MB.", "Is it the right file?")
    return content


def named_after(title: str, otherwise: str) -> str:
    """Return the first words of a title as the beginning of a file's name, with hyphens.

    Args:
        title: in any script, of any length.
        otherwise: what to take where the title has neither letters nor digits.
    """
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    kept = "-".join(words[:6]).encode()[:LONGEST].decode(errors="ignore")
    return kept.strip("-") or otherwise
