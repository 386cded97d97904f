"""A plan while it is being written: a TOML file with its comments, right or wrong."""

from __future__ import annotations

from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from seccm.errors import PlanError, Problem
from seccm.mistakes import schema_of
from seccm.plan import Plan
from seccm.plan.library import find_plan, plans
from seccm.program.words import example_of
from seccm.quantities import toml_tables, toml_text
from ui.models import design_edits
from ui.models.form import Field, Group, Key
from ui.models.form_making import A_VALUE, NAMED_TABLES, form
from ui.models.plan_names import LEVELS, OF_SITES, free_name, rename_in, step_names, taken_names
from ui.models.toml_blocks import (
    add_table,
    empty_list,
    empty_table,
    inline,
    put,
    swapped,
    without,
    without_heading,
)
from ui.models.typed import same
from ui.models.whole_files import whole


class Draft:
    """A plan file in memory.

    Args:
        text: TOML.
        path: where it was read from; None for one that has not been saved.
        shipped: whether it came with the program: it is then saved elsewhere.

    Raises:
        PlanError: the text is not TOML.
    """

    def __init__(self, text: str, path: Path | None = None, *, shipped: bool = False) -> None:
        self.path, self.shipped = path, shipped
        self._document = self._parsed(text)
        self._typed: str | None = None
        """A text that is not settled yet."""
        self.as_read = _digest(text)
        """What tells whether the file is still as it was when it was read or saved."""
        self.changed = False
        self._cleared: tuple[Key, str] | None = None
        """The key that was taken out just now, and the text before."""

    @classmethod
    def open(cls, source: str | Path) -> Draft:
        """Read a plan file, or one that comes with the program, by name.

        Raises:
            PlanError: there is none, or it is not TOML.
        """
        path = find_plan(source)
        return cls(toml_text(path), path, shipped=path in plans().values())

    @classmethod
    def unsaved(cls, text: str, path: Path | None, as_read: str) -> Draft:
        """Take up a plan that was edited and not saved.

        Args:
            text: TOML.
            path: where it was read from.
            as_read: what the draft said of that file.

        Raises:
            PlanError: the text is not TOML.
        """
        made = cls(text, path, shipped=path in plans().values())
        made.as_read, made.changed = as_read, True
        return made

    @property
    def title(self) -> str:
        """The plan's title, or its file's name."""
        return str(self._data().get("title") or (self.path.name if self.path else "new plan"))

    @property
    def text(self) -> str:
        """The file, with its comments."""
        return tomlkit.dumps(self._document) if self._typed is None else self._typed

    @property
    def overtaken(self) -> bool:
        """Whether somebody else has written the file since it was read."""
        try:
            now = self.path.read_text(encoding="utf-8-sig") if self.path is not None else None
        except (OSError, UnicodeDecodeError):
            return False
        return now is not None and _digest(now) != self.as_read

    @property
    def form(self) -> Group:
        """The fields as they are now."""
        return form(schema_of(Plan), self._data())

    def rewrite(self, text: str) -> None:
        """Take another text for the whole file, which is settled before it is edited otherwise.

        Raises:
            PlanError: it is not TOML; the draft is as it was.
        """
        toml_tables(text, str(self.path or "plan"))
        if text != self.text:
            self._typed = text
            self._touch()

    def settle(self) -> None:
        """Take the text apart with its comments, which takes a second where it is long.

        Raises:
            PlanError: that cannot be done.
        """
        if self._typed is not None:
            self._document, self._typed = self._parsed(self._typed), None

    def set(self, key: Key, value: Any) -> None:
        """Put a value into the file; None takes the key out.

        Whoever empties a field and types into it again finds the key at its old place.
        """
        cleared, text = self._cleared, self.text if value is None else ""
        self._touch()
        if value is None:
            self._leave_out(key)
            self._cleared = key, text
            return
        if cleared is not None and cleared[0] == key:
            self._document = tomlkit.parse(cleared[1])
        table, name = self._table(key[:-1]), key[-1]
        if isinstance(value, list) and _same_shape(table.get(name), value):
            for k, each in enumerate(value):
                if not same(table[name].unwrap()[k], each):
                    table[name][k] = _item(each)
        else:
            table[name] = _item(value)

    def choose(self, group: Group, choice: str) -> None:
        """Make a table one of another kind; keys that mean the same in both kinds are kept."""
        if not group.chooser:
            self.set(group.key, {"potential": "0 V"} if choice == A_VALUE else choice)
            return
        table, before = self._table(group.key), group.parts
        table[group.chooser] = choice
        odd = {part.key for part in before if isinstance(part, Field) and part.kind == "toml"}
        for part in self._find(group.key).parts:
            if isinstance(part, Field) and part.key[-1] in table:
                means_other = part.kind == "toml" and part.key not in odd
                if means_other or not part.known:
                    del table[part.key[-1]]
        if group.chooser == "step":
            for name, value in example_of(choice).items():
                table.setdefault(name, self._begun(value))
        self._touch()

    def add(self, group: Group, kind: str) -> None:
        """Add a table to a list, or a list of levels: a factor, or one of a repeat or of sites."""
        holder = str(group.key[-1])
        if holder in ("factors", "over", *OF_SITES):
            self._add_levels(group.key)
        elif holder in NAMED_TABLES:
            _, name, begun = NAMED_TABLES[holder]
            tables = self._table(group.key)
            names = chain((name,), (f"{name} {k}" for k in count(2)))
            free = next(each for each in names if each not in tables)
            self._table((*group.key, free)).update(begun)
        else:
            step = {"step": kind}
            step |= {name: self._begun(value) for name, value in example_of(kind).items()}
            parent = self._table(group.key[:-1])
            if holder not in parent:
                parent[holder] = empty_list(parent)
            add_table(parent[holder], step)
        self._touch()

    def give(self, group: Group) -> None:
        """Add a table that may be left out, without anything in it."""
        self._table(group.key)
        self._touch()

    def _add_levels(self, key: Key) -> None:
        """Add a list of levels with a name of its own, as long as it has to be."""
        holder, around = str(key[-1]), self._table(key[:-1])
        taken = taken_names(self._document.unwrap())
        name, length = free_name(taken), 1
        if holder == "over":  # A repeat over values runs once for each.
            around.pop("times", None)
        level = LEVELS.get(name, "1 s")
        columns, grid_rows = (_count(around.get(each)) for each in ("columns", "rows"))
        if holder in OF_SITES:
            length = {"column_values": columns, "row_values": grid_rows}.get(
                holder, len(around.get("points", ())) or columns
            )
            if "volume" not in taken:
                name, level = "volume", "1 um^3"
        levels: list[Any] = [level] * length
        if holder == "values" and "points" not in around:
            levels = [levels] * grid_rows
        self._table(key)[name] = levels

    def add_row(self, key: Key) -> None:
        """Add a row like the last one to a list of tables."""
        design_edits.add_row(self._table(key[:-1]), str(key[-1]))
        self._touch()

    def add_column(self, key: Key) -> None:
        """Add a key to every row of a list of tables."""
        design_edits.add_column(self._table(key))
        self._touch()

    def remove_column(self, key: Key) -> None:
        """Take a key out of every row of a list of tables; `key` ends with its name."""
        design_edits.remove_column(self._table(key[:-1]), str(key[-1]))
        self._touch()

    def rename(self, key: Key, name: str) -> bool:
        """Give a factor, or a series of a repeat, another name, wherever it is used.

        `key` ends with the old one.

        Returns:
            Whether that could be done: the name is another one, and not taken.
        """
        old, holder = key[-1], self._table(key[:-1])
        tables = holder if isinstance(holder, list) else [holder]
        if not name or any(name in table or old not in table for table in tables):
            return False
        if isinstance(holder, list):
            design_edits.rename_column(holder, str(old), name)
        else:
            for each in list(holder):  # taken out and put back, so that the order stays
                value = holder.pop(each)
                holder[name if each == old else each] = value
        used = self._table(key[:-2]) if key[-2:-1] == ("over",) else self._document
        rename_in(used, str(old), name)
        self._touch()
        return True

    def choose_design(self, kind: str) -> None:
        """List the conditions that the factors make, or make factors of what is listed."""
        design = self._table(("design",))
        if kind == "listed":
            design_edits.list_conditions(self._document, design)
        elif "conditions" in design:
            design_edits.make_factors(design, self._table(("factors",)))
        design["kind"] = kind
        self._touch()

    def remove(self, key: Key) -> None:
        """Take a table out of its list."""
        wanted = self._document.unwrap()
        del _at(wanted, key[:-1])[key[-1]]
        if not self._rewrite(without(self.text, key), wanted):
            del self._table(key[:-1])[key[-1]]
        self._touch()

    def move(self, key: Key, by: int) -> None:
        """Swap a table with its neighbour in its list: with the one before it, or after it."""
        k = int(key[-1])
        first, second = sorted((k, k + by))
        wanted = self._document.unwrap()
        rows = _at(wanted, key[:-1])
        rows[first], rows[second] = rows[second], rows[first]
        if not self._rewrite(swapped(self.text, (*key[:-1], first)), wanted):
            written = self._table(key[:-1])
            one, other = written[first].unwrap(), written[second].unwrap()
            put(written, first, other)
            put(written, second, one)
        self._touch()

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            PlanError: with every mistake at once.
        """
        folder = self.path.parent if self.path else Path()
        source = str(self.path) if self.path else "plan"
        data = self._data()
        return Plan.from_dict(data, source=source, from_file=True, folder=folder)

    def save(self, path: Path) -> None:
        """Write the file.

        Raises:
            OSError: it cannot be written.
        """
        with whole(path) as stream:
            stream.write(self.text)
        self.path, self.shipped, self.changed = path, False, False
        self.as_read = _digest(self.text)

    def _data(self) -> dict[str, Any]:
        """Return what the file says, without its comments."""
        if self._typed is not None:
            return toml_tables(self._typed, str(self.path or "plan"))
        return self._document.unwrap()

    def _parsed(self, text: str) -> tomlkit.TOMLDocument:
        """Read a text for the file.

        Raises:
            PlanError: it is not TOML.
        """
        source = str(self.path or "plan")
        toml_tables(text, source)
        try:
            return tomlkit.parse(text)
        except TOMLKitError as error:
            raise PlanError(source, [Problem("file", f"is not valid TOML: {error}.")]) from None

    def _begun(self, value: Any) -> Any:
        """Return what a new step begins with; what it asks of a step, it asks of one there is."""
        if not isinstance(value, dict):
            return value
        named = step_names(self._document.unwrap().get("program"))
        return inline({**value, "from": named[-1]} if named and "from" in value else value)

    def _rewrite(self, text: str | None, wanted: Any) -> bool:
        """Take a text for the file if it says what is wanted."""
        try:
            document = tomlkit.parse(text) if text is not None else None
        except TOMLKitError:
            return False
        if document is None or document.unwrap() != wanted:
            return False
        self._document = document
        return True

    def _touch(self) -> None:
        """Note that something is changed."""
        self.changed, self._cleared = True, None

    def _leave_out(self, key: Key) -> None:
        """Take a key out, and a table around it that says nothing then, if it may be left out."""
        table: Any = self._document
        for part in key[:-1]:
            if isinstance(part, str) and part not in table:
                return
            table = table[part]
        if key[-1] not in table:
            return
        del table[key[-1]]
        around = key[:-1]
        in_table = around and isinstance(around[-1], str)
        if not in_table or table.unwrap() or self._find(around).bare:
            return
        wanted = self._document.unwrap()
        del _at(wanted, around[:-1])[around[-1]]
        if not self._rewrite(without_heading(self.text, around), wanted):
            self._leave_out(around)
            self._document = tomlkit.parse(self.text)  # without tables that were there for this one

    def _table(self, key: Key) -> Any:
        """Return a table, making those that are missing."""
        table: Any = self._document
        for part in key:
            if isinstance(part, str) and part not in table:
                table[part] = empty_table(table)
            table = table[part]
        return table

    def _find(self, key: Key) -> Group:
        found = self.form
        for length in range(1, len(key) + 1):
            found = next(
                part for part in found.parts
                if isinstance(part, Group) and part.key == key[:length]
            )  # fmt: skip
        return found


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _at(data: Any, key: Key) -> Any:
    """Return what stands at a key."""
    for part in key:
        data = data[part]
    return data


def _count(given: Any) -> int:
    """Return how many columns or rows a grid has; 1 where that is not said."""
    return given if isinstance(given, int) and 0 < given <= 1000 else 1


def _item(value: Any) -> Any:
    """Return what stands in the file: tables and lists on one line, as `{ from = ... }` is."""
    return inline(value) if isinstance(value, dict | list) else value


def _same_shape(old: Any, new: list[Any]) -> bool:
    """Tell whether a list can be changed entry by entry, so that comments in it stay."""
    plain = not any(isinstance(each, list) for each in new)
    return isinstance(old, Array) and len(old) == len(new) and plain
