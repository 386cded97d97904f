"""The form of a plan as data: which fields there are, of what kind, with what in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ui.models.typed import Kind

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the plan."""

    key: Key
    title: str
    kind: Kind
    text: str
    """As it stands in the file; empty where it does not."""
    hint: str = ""
    """What one would write: an example, or the default."""
    words: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    named: bool = False
    """Whether the title is a name of the user's choice."""
    unit: str = ""
    """The SI unit of what is typed; empty where there is none, or any."""
    known: bool = True
    """Whether a table of this kind may have this key, and a choice this word."""
    aside: str = ""
    """Why it is not edited here, and where it is; empty for a field that can be typed into."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of tables with the same keys, such as the conditions of a listed design."""

    key: Key
    title: str
    words: str
    columns: tuple[str, ...]
    """The keys of all rows together, in the order in which they first come."""
    rows: tuple[tuple[str, ...], ...]
    """What stands in each row under each column; empty where it does not."""

    def cell(self, row: int, column: str) -> Key:
        """Return the key of a cell."""
        return (*self.key, row, column)


@dataclass(frozen=True, slots=True)
class Group:
    """A table of the plan, or a list of tables."""

    key: Key
    title: str
    words: str
    parts: tuple[Field | Group | Listing, ...]
    choices: tuple[str, ...] = ()
    """What the table can be instead, by its discriminating key."""
    chooser: str = ""
    """That key; empty where the whole value is replaced by a word."""
    choice: str = ""
    adds: tuple[str, ...] = ()
    """For a list: the kinds of table that can be added."""
    removable: bool = False
    addable: bool = False
    """Whether the plan has none, and one without anything in it can be added."""
    bare: bool = False
    """Whether it stays when the last of what is in it is taken out."""
    moves: tuple[int, ...] = ()
    """By how many places it can be moved in its list."""

    @property
    def is_step(self) -> bool:
        """Whether it is one of several steps, or other tables, in a list."""
        return bool(self.moves) and isinstance(self.key[-1], int)


def in_a_line(step: Group) -> str:
    """Say what a step does in a line: its kind, and what its plan gives for it."""
    given = [f"{p.title} {p.text}" for p in step.parts if isinstance(p, Field) and p.text]
    inner = [p for p in step.parts if isinstance(p, Group)]
    given += [f"{part.title} …" for part in inner if _is_given(part)]
    title = step.title[:1].upper() + step.title[1:]
    return f"{title}: {', '.join(part for part in (step.choice, *given) if part)}"


def _is_given(part: Field | Group | Listing) -> bool:
    """Tell whether a plan says anything of a part."""
    match part:
        case Field():
            return bool(part.text)
        case Listing():
            return bool(part.rows)
        case Group():
            given = part.choice != "" or part.removable
            return given or any(_is_given(each) for each in part.parts)


def where(key: Key) -> str:
    """Write a key as messages about plans do: program[0].duration."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def keys_of(group: Group) -> list[str]:
    """Return the keys of all fields and tables of a form, as `where` writes them."""
    return [where(key) for key in _keys(group)]


def _keys(group: Group) -> Iterator[Key]:
    yield group.key
    for part in group.parts:
        if isinstance(part, Group):
            yield from _keys(part)
            continue
        yield part.key
        if isinstance(part, Listing):
            for k in range(len(part.rows)):
                yield (*part.key, k)
                yield from (part.cell(k, name) for name in part.columns)
