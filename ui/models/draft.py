"""A plan while it is being written: a TOML file with its comments, right or wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array

from seccm.errors import PlanError, Problem
from seccm.placeholder import is_placeholder, read_placeholder
from seccm.plan import Plan
from seccm.plan.library import find_plan, plans
from seccm.program.words import example_of
from seccm.quantities import toml_tables, toml_text
from ui.models.form import MOST_ROWS, Group, Key, Listing, form, where
from ui.models.toml_blocks import inline, put, swapped, table_of, without
from ui.models.whole_files import whole

_LEVELS = {"j": "-1 mA/cm^2", "E": "-0.1 V", "t": "1 s", "v": "100 mV/s"}
"""What a new factor is called, and its first level."""


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
        source = str(path or "plan")
        toml_tables(text, source)
        try:
            self._document = tomlkit.parse(text)
        except TOMLKitError as error:
            raise PlanError(source, [Problem("file", f"is not valid TOML: {error}.")]) from None
        self.path, self.shipped = path, shipped
        self.as_read = _digest(text)
        """What tells whether the file is still as it was when it was read or saved."""
        self.changed = False
        self._schema = Plan.model_json_schema()

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
        return str(self._document.get("title") or (self.path.name if self.path else "new plan"))

    @property
    def text(self) -> str:
        """The file, with its comments."""
        return tomlkit.dumps(self._document)

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
        return form(self._schema, self._document.unwrap())

    def set(self, key: Key, value: Any) -> None:
        """Put a value into the file; None takes the key out."""
        name = key[-1]
        self.changed = True
        if value is None:
            self._leave_out(key)
            return
        table = self._table(key[:-1])
        if isinstance(value, list) and _same_shape(table.get(name), value):
            for k, each in enumerate(value):
                if table[name].unwrap()[k] != each:
                    table[name][k] = _on_one_line(each)
        else:
            table[name] = _on_one_line(value)

    def choose(self, group: Group, choice: str) -> None:
        """Make a table one of another kind; keys that both kinds have are kept."""
        if not group.chooser:
            self.set(group.key, {"potential": "0 V"} if choice == "a value" else choice)
            return
        table = self._table(group.key)
        table[group.chooser] = choice
        kept = {part.key[-1] for part in self._find(group.key).parts} | {group.chooser}
        for name in list(table):
            if name not in kept:
                del table[name]
        if group.chooser == "step":
            for name, value in example_of(choice).items():
                table.setdefault(name, self._begun(value))
        self.changed = True

    def add(self, group: Group, kind: str) -> None:
        """Add a table to a list, or a list of levels: a factor, or one of a repeat or of sites."""
        holder = str(group.key[-1])
        if holder in ("factors", "over", "values"):
            data, around = self._document.unwrap(), self._table(group.key[:-1])
            sites = data.get("sites")
            own = sites.get("values", ()) if isinstance(sites, Mapping) else ()
            taken = {*data.get("factors", ()), *_series(data.get("program")), *own}
            name, count = _free_name(taken), 1
            if holder == "over":  # A repeat over values runs once for each.
                around.pop("times", None)
            level = _LEVELS.get(name, "1 s")
            if holder == "values":
                count = len(around.get("points", ())) or 1
                if "volume" not in taken:
                    name, level = "volume", "1 um^3"
            self._table(group.key)[name] = [level] * count
        else:
            step = tomlkit.table()
            step["step"] = kind
            for name, value in example_of(kind).items():
                step[name] = self._begun(value)
            parent = self._table(group.key[:-1])
            if group.key[-1] not in parent:
                parent[group.key[-1]] = tomlkit.aot()
            parent[group.key[-1]].append(step)
        self.changed = True

    def add_row(self, key: Key) -> None:
        """Add a row like the last one to a list of tables."""
        table = self._table(key[:-1])
        if not table.get(key[-1]):
            # Without a list, or with an empty one: begin it, one row a line.
            table[key[-1]] = tomlkit.array().multiline(True)
        rows = table[key[-1]]
        like = rows[-1].unwrap() if len(rows) else {"j": _LEVELS["j"]}
        rows.append(table_of(like) if isinstance(rows, AoT) else inline(like))
        self.changed = True

    def add_column(self, key: Key) -> None:
        """Add a key to every row of a list of tables."""
        rows = self._table(key)
        name = _free_name({n for row in rows for n in row})
        for k, row in enumerate(rows.unwrap()):
            put(rows, k, {**row, name: _LEVELS.get(name, "1 s")})
        self.changed = True

    def remove_column(self, key: Key) -> None:
        """Take a key out of every row of a list of tables; `key` ends with its name."""
        rows = self._table(key[:-1])
        for k, row in enumerate(rows.unwrap()):
            put(rows, k, {name: value for name, value in row.items() if name != key[-1]})
        self.changed = True

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
            for k, row in enumerate(holder.unwrap()):  # type: ignore[attr-defined]
                put(holder, k, {name if n == old else n: value for n, value in row.items()})
        else:
            for each in list(holder):  # taken out and put back, so that the order stays
                value = holder.pop(each)
                holder[name if each == old else each] = value
        used = self._table(key[:-2]) if key[-2:-1] == ("over",) else self._document
        _rename_in(used, str(old), name)
        self.changed = True
        return True

    def choose_design(self, kind: str) -> None:
        """List the conditions that the factors make, or make factors of what is listed."""
        design = self._table(("design",))
        if kind == "listed":
            factors = self._document.unwrap().get("factors") or {}
            made = _combined(factors)
            if made and not design.get("conditions"):
                design["conditions"] = tomlkit.array().multiline(True)
                for row in made:
                    design["conditions"].append(inline(row))
                del self._document["factors"]
        elif "conditions" in design:
            rows = design["conditions"].unwrap()
            names = dict.fromkeys(name for row in rows for name in row)
            factors = self._table(("factors",))
            for name in names:
                factors[name] = list(dict.fromkeys(row[name] for row in rows if name in row))
            del design["conditions"]
        design["kind"] = kind
        self.changed = True

    def remove(self, key: Key) -> None:
        """Take a table out of its list."""
        wanted = self._document.unwrap()
        del _at(wanted, key[:-1])[key[-1]]
        if not self._rewrite(without(self.text, key), wanted):
            del self._table(key[:-1])[key[-1]]
        self.changed = True

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
        self.changed = True

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            PlanError: with every mistake at once.
        """
        folder = self.path.parent if self.path else Path()
        source = str(self.path) if self.path else "plan"
        data = self._document.unwrap()
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

    def _begun(self, value: Any) -> Any:
        """Return what a new step begins with; what it asks of a step, it asks of one there is."""
        if not isinstance(value, dict):
            return value
        named = _names(self._document.unwrap().get("program"))
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

    def _leave_out(self, key: Key) -> None:
        """Take a key out, and a table around it that is empty then and need not be there."""
        table: Any = self._document
        for part in key[:-1]:
            if isinstance(part, str) and part not in table:
                return
            table = table[part]
        if key[-1] in table:
            del table[key[-1]]
        if key[-2:-1] == ("until",) and not table.unwrap():
            del self._table(key[:-2])["until"]

    def _table(self, key: Key) -> Any:
        """Return a table, making those that are missing."""
        table: Any = self._document
        for part in key:
            if isinstance(part, str) and part not in table:
                table[part] = tomlkit.table()
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


def sorted_out(problems: tuple[Problem, ...], keys: list[str]) -> dict[str, list[Problem]]:
    """Put every problem beside the field, or the nearest table around it, that it is about.

    Args:
        problems: as a plan reports them.
        keys: of all fields and tables, as `where` writes them.
    """
    known = set(keys)
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        at = problem.where
        while at and at not in known:
            cut = max(at.rfind("."), at.rfind("["))
            at = at[:cut] if cut > 0 else ""
        found.setdefault(at, []).append(problem)
    return found


def keys_of(group: Group) -> list[str]:
    """Return the keys of all fields and tables of a form, as `where` writes them."""
    found = [where(group.key)]
    for part in group.parts:
        found += keys_of(part) if isinstance(part, Group) else [where(part.key)]
        if isinstance(part, Listing):
            for k in range(len(part.rows)):
                found.append(where((*part.key, k)))
                found += [where(part.cell(k, name)) for name in part.columns]
    return found


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _combined(factors: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return every combination of levels, unless there are too many to list."""
    levels = [list(each) for each in factors.values()]
    if not levels or math.prod(map(len, levels)) > MOST_ROWS:
        return []
    return [dict(zip(factors, row, strict=True)) for row in product(*levels)]


def _at(data: Any, key: Key) -> Any:
    """Return what stands at a key."""
    for part in key:
        data = data[part]
    return data


def _free_name(taken: Collection[str]) -> str:
    """Return a name for another factor."""
    return next(n for n in (*_LEVELS, *(f"f{k}" for k in range(99))) if n not in taken)


def _series(steps: Any) -> Iterator[str]:
    """Yield the names of what repeats go over."""
    for step in steps if isinstance(steps, list) else ():
        table = step if isinstance(step, Mapping) else {}
        over = table.get("over")
        yield from over if isinstance(over, Mapping) else ()
        for name in ("program", "otherwise"):
            yield from _series(table.get(name))


def _rename_in(table: Any, old: str, new: str) -> None:
    """Rename what quantities stand for, wherever it is a value, or in a product."""
    for key in table if isinstance(table, dict) else range(len(table)):
        value = table[key]
        if isinstance(value, dict | list):
            _rename_in(value, old, new)
        elif isinstance(value, str) and old in _stands_for(value):
            table[key] = re.sub(rf"\${re.escape(old)}(?=$|[\s*×/])", lambda _: f"${new}", value)


def _stands_for(text: str) -> frozenset[str]:
    """Return the names that a quantity stands for; none where the text is no such quantity."""
    try:
        return read_placeholder(text).names if is_placeholder(text) else frozenset()
    except ValueError:
        return frozenset()


def _names(steps: Any) -> list[str]:
    """Return the names of steps, in their order."""
    found: list[str] = []
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            found += [step["name"]] if isinstance(step.get("name"), str) else []
            found += _names(step.get("program")) + _names(step.get("otherwise"))
    return found


def _on_one_line(value: Any) -> Any:
    """Have a table inside of a line, as what follows an earlier step is written."""
    if isinstance(value, list):
        return [_on_one_line(each) for each in value]
    return inline(value) if isinstance(value, dict) else value


def _same_shape(old: Any, new: list[Any]) -> bool:
    return isinstance(old, Array) and len(old) == len(new) and not isinstance(new[0], list)
