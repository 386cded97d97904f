"""A plan while it is being written: a TOML file with its comments, right or wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.plan.library import find_plan, plans
from ui.models.form import Group, Key, form, where

_STEPS: dict[str, dict[str, Any]] = {
    "constant current": {"current": "-1 nA", "duration": "5 s"},
    "constant potential": {"potential": "-0.1 V", "duration": "5 s"},
    "open circuit": {"duration": "5 s"},
    "cv": {"start": "0 V", "vertices": ["-0.5 V"], "scan_rate": "100 mV/s"},
    "lsv": {"start": "0 V", "stop": "-0.5 V", "scan_rate": "100 mV/s"},
    "repeat": {"times": 2, "program": [{"step": "open circuit", "duration": "1 s"}]},
}
"""What a new step begins with."""


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
        try:
            self._document = tomlkit.parse(text)
        except TOMLKitError as error:
            source = str(path or "plan")
            raise PlanError(source, [Problem("file", f"is not valid TOML: {error}.")]) from None
        self.path, self.shipped = path, shipped
        self.changed = False
        self._schema = Plan.model_json_schema()

    @classmethod
    def open(cls, source: str | Path) -> Draft:
        """Read a plan file, or one that comes with the program, by name.

        Raises:
            PlanError: there is none, or it is not TOML.
        """
        path = find_plan(source)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise PlanError(str(path), [Problem("file", f"cannot be read: {error}.")]) from None
        return cls(text, path, shipped=path in plans().values())

    @property
    def title(self) -> str:
        """The plan's title, or its file's name."""
        return str(self._document.get("title") or (self.path.name if self.path else "new plan"))

    @property
    def text(self) -> str:
        """The file, with its comments."""
        return tomlkit.dumps(self._document)

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
                    table[name][k] = each
        else:
            table[name] = value

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
            for name, value in _STEPS[choice].items():
                table.setdefault(name, value)
        self.changed = True

    def add(self, group: Group, kind: str) -> None:
        """Add a table to a list, or a factor."""
        if kind == "factor":
            table = self._table(group.key)
            name = next(n for n in ("j", "E", "a", "b", "c", "d", *map(str, range(99)))
                        if n not in table)  # fmt: skip
            table[name] = ["-1 mA/cm^2"]
        else:
            step = tomlkit.table()
            step["step"] = kind
            for name, value in _STEPS[kind].items():
                step[name] = value
            parent = self._table(group.key[:-1])
            if group.key[-1] not in parent:
                parent[group.key[-1]] = tomlkit.aot()
            parent[group.key[-1]].append(step)
        self.changed = True

    def remove(self, key: Key) -> None:
        """Take a table out of its list."""
        del self._table(key[:-1])[key[-1]]
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
        path.write_text(self.text, encoding="utf-8")
        self.path, self.shipped, self.changed = path, False, False

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
    return found


def _same_shape(old: Any, new: list[Any]) -> bool:
    return isinstance(old, Array) and len(old) == len(new) and not isinstance(new[0], list)
