"""The notes of an experiment in its file: attributes that anybody can read, and change openly.

They are no part of the record: another note changes no checksum of a site, and each change is
written down in the file, with its date and what was there before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

PREFIX = "note_"
"""Of the attributes of a file that hold them."""
CHANGES = "notes_changed"
"""The attribute that says what was changed after the run: a list in JSON."""


def of_file(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the notes of a file by their names, from what else its header has."""
    return {n.removeprefix(PREFIX): t for n, t in extra.items() if n.startswith(PREFIX)}


def told(extra: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the notes of a file as a reader wants them: a name and words; changes come last."""
    for name, text in of_file(extra).items():
        yield name.replace("_", " "), text
    said = [f"{one['at']}: {one['words']}" for one in changes(extra)]
    if said:
        yield "notes changed", "; ".join(said)


def changes(extra: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what was changed after the run, the oldest first: when, and what in words."""
    try:
        found = json.loads(extra.get(CHANGES, "[]"))
        return [{"at": str(one["at"]), "words": str(one["words"])} for one in found]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def changed(extra: Mapping[str, str], new: Mapping[str, str], at: str) -> dict[str, str]:
    """Return the attributes that change, with the list of changes that goes with them.

    Args:
        extra: what the header of the file has.
        new: notes by their names; an empty text takes one out.
        at: the time, as a text.

    Returns:
        Texts by the names of attributes, empty for those that go; nothing if nothing changes.
    """
    before = of_file(extra)
    other = {name: text for name, text in new.items() if before.get(name, "") != text}
    if not other:
        return {}
    words = ", ".join(
        f"{name.replace('_', ' ')} {_quoted(before.get(name, ''))} → {_quoted(text)}"
        for name, text in other.items()
    )
    history = [*changes(extra), {"at": at, "words": words}]
    found = {f"{PREFIX}{name}": text for name, text in other.items()}
    return {**found, CHANGES: json.dumps(history, ensure_ascii=False)}


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "nothing"
