"""What is wrong with a file, in the words of the person who wrote it.

Pydantic finds the mistakes; this says where they are and what to write instead. A suggestion is
data, and the sentence is made from it; `seccm.advice` tries each before it is shown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from seccm.errors import Problem, shown
from seccm.in_toml import toml
from seccm.open_kinds import thing_of
from seccm.schema import Schema, join, key, located
from seccm.suggestion import Key, Suggestion
from seccm.synonyms import SYNONYMS
from seccm.units import NotAQuantity, parse, show

Examples = Callable[[Key, Mapping[str, Any]], Sequence[Any]]
"""What could stand at a path of a file with these data, the best first."""


class Mistakes(ValueError):
    """Several mistakes found by one validator.

    Args:
        problems: where each is, relative to the table that is validated; "" for the table. Their
            suggestions are relative to it as well.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


class OneOf(ValueError):
    """A table must have just one of some keys.

    Args:
        names: the keys.
        given: those that it has.
    """

    def __init__(self, names: Iterable[str], given: Iterable[str]) -> None:
        self.names, self.given = tuple(names), tuple(given)
        either = " or ".join(self.names)
        if len(self.names) == 2:
            super().__init__(f"needs either {either}, one of them")
        else:
            *most, last = self.names
            super().__init__(f"needs one of {', '.join(most)} and {last}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, and what may be said about it."""

    path: Key
    options: tuple[Problem, ...]
    """The same problem with different suggestions, the best first; the last one has none."""
    repair: Suggestion | None = None
    """A change that keeps what was written, and so lets the mistakes inside of it be seen."""
    sure: bool = True
    """Whether the repair is what must have been meant."""
    of_value: bool = True
    """Whether something that was written is wrong, rather than a key that is missing or unknown."""
    of_keys: bool = False
    """Whether it is seen from the keys alone, whatever their values."""

    @property
    def bare(self) -> Problem:
        """The problem without a suggestion: what makes it the same mistake."""
        return self.options[-1]

    def concerns(self, other: Mistake) -> bool:
        """Tell whether another mistake is at the same place, inside of it or round it."""
        mine, its = self.bare.where, other.bare.where
        inside = its.startswith((f"{mine}.", f"{mine}["))
        round_it = not other.of_keys and mine.startswith((f"{its}.", f"{its}["))
        return its == mine or inside or round_it


def plainly(problem: Problem, path: Key = ()) -> Mistake:
    """Return a problem as a mistake with at most the one suggestion that it brings."""
    bare = replace(problem, suggestion=None, remedy="" if problem.suggestion else problem.remedy)
    return Mistake(path, (problem, bare) if problem.suggestion else (bare,))


def mistakes_of(
    error: ValidationError,
    model: type[BaseModel],
    data: Mapping[str, Any],
    examples: Examples = lambda _, __: (),
) -> list[Mistake]:
    """Say in the user's words what pydantic found.

    Args:
        error: what it found.
        model: of the whole file.
        data: the file's tables.
        examples: what could stand somewhere, before the examples of the model.
    """
    schema = Schema(schema_of(model), data)
    found: list[Mistake] = []
    for one in error.errors():
        path, given = located(one["loc"], data, absent=one["type"] == "missing")
        context = one.get("ctx", {})
        if one["type"] == "too_short" and _length(given) >= context["min_length"]:
            continue  # Pydantic does not count entries that are wrong, and says so a second time.
        cause = context.get("error")
        if isinstance(cause, Mistakes):
            for problem in cause.problems:
                where = join(key(path), problem.where)
                suggestion = problem.suggestion and problem.suggestion.under(path)
                found.append(plainly(replace(problem, where=where, suggestion=suggestion), path))
        else:
            found.append(_Teller(dict(one), path, given, schema, data, examples).mistake())
    return _renamed_are_not_missing(list({m.bare: m for m in found}.values()))


def _renamed_are_not_missing(found: list[Mistake]) -> list[Mistake]:
    """Leave out missing keys that are there under a name with a slip of the keyboard."""
    renamed = {
        (*m.repair.key[:-1], m.repair.value)
        for m in found
        if m.repair is not None and m.repair.do == "rename"
    }
    return [m for m in found if m.of_value or m.repair is not None or m.path not in renamed]


@lru_cache(maxsize=32)
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a model, made once."""
    return model.model_json_schema()


def _length(given: object) -> int:
    return len(given) if isinstance(given, list | tuple | Mapping) else 0


_MUST_BE = {
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "dict_type": "a table of keys and values",
    "mapping_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "model_attributes_type": "a table of keys and values",
    "dataclass_type": "a table of keys and values",
}
_COMPARED = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says one thing that pydantic found."""

    one: dict[str, Any]
    path: Key
    given: object
    schema: Schema
    data: Mapping[str, Any]
    examples: Examples

    def mistake(self) -> Mistake:
        """Return it in the user's words."""
        kind, context = self.one["type"], self.one.get("ctx", {})
        if kind == "missing":
            return self._missing()
        if kind == "extra_forbidden":
            return self._unknown()
        if kind == "value_error":
            return self._value_error(context["error"])
        if kind in ("literal_error", "union_tag_invalid", "union_tag_not_found"):
            return self._choice(kind, context)
        if kind in _COMPARED:
            return self.with_examples(self._compared(kind, context))
        if kind in ("too_short", "too_long"):
            return self._length(kind == "too_short", context)
        if kind == "string_too_short":
            return self.with_examples("is empty.")
        if kind == "string_pattern_mismatch":
            return self.with_examples(f"is {written(self.given)}, which is not a known name.")
        if kind in _MUST_BE:
            return self._of_another_type(_MUST_BE[kind])
        return self.with_examples(sentence(f"{self.one['msg']}, not {written(self.given)}"))

    # What could be written instead.

    def _candidates(self, path: Key) -> list[Any]:
        found = [*self.examples(path, self.data), *self.schema.examples(path)]
        return list({toml(one): one for one in found}.values())[:12]

    def _put(self, what: str, value: Any, remedy: str) -> Problem:
        return Problem(key(self.path), what, remedy, suggestion=Suggestion(self.path, "put", value))

    def with_examples(
        self, what: str, values: Iterable[Any] = (), after: Iterable[Any] = ()
    ) -> Mistake:
        """Say what is wrong, and show what could be written there."""
        wanted = [*values, *(self._candidates(self.path) if self.path else ()), *after]
        options = [
            self._put(what, value, f"Write, for example, {toml(value)}.") for value in wanted
        ]
        return Mistake(self.path, (*options, Problem(key(self.path), what)))

    def _of_any(self, names: Sequence[str]) -> list[tuple[str, Any]]:
        """Return what could be written for any of some keys, what fits the file first."""
        paths = {name: (*self.path, name) for name in names}
        fits = [(n, one) for n, path in paths.items() for one in self.examples(path, self.data)]
        return fits + [(n, one) for n, path in paths.items() for one in self._candidates(path)[:2]]

    # One kind of mistake after the other.

    def _missing(self) -> Mistake:
        path, last = self.path, self.path[-1] if self.path else ""
        if isinstance(last, int):
            there = self.schema.there(path[:-1])
            what = f"has too few entries: {_length(there)}."
            return replace(self, path=path[:-1]).with_examples(what)
        options = [
            self._put("is missing.", value, _write_it(path, value))
            for value in self._candidates(path)
        ]
        bare = Problem(key(path), "is missing.", "Write it.")
        return Mistake(path, (*options, bare), of_value=False)

    def _unknown(self, known: Sequence[str] = ()) -> Mistake:
        """Tell a key that nobody knows: a slip of the keyboard, or one too many."""
        path, name, what = self.path, str(self.path[-1]), "is not a known key."
        known = known or self.schema.keys(path[:-1])
        here = self.schema.there(path[:-1])
        taken = set(here) if isinstance(here, Mapping) else set()
        free = [one for one in known if one not in taken]
        fits = [one for one in free if self._fits((*path[:-1], one))]
        meant = nearest(name, fits) or nearest(name, free) or nearest(name, known)
        remedy = f'Did you mean "{meant}"?' if meant else similar(name, known)
        bare = Problem(key(path), what, remedy)
        if meant and meant not in taken:
            rename = Suggestion(path, "rename", meant)
            problem = replace(bare, suggestion=rename)
            return Mistake(path, (problem, bare), repair=rename, of_value=False)
        remove = Suggestion(path, "remove")
        also = f" {meant} exists already: remove this key." if meant else " Remove this key."
        remedy = remedy if remedy == "Remove it." else remedy + also
        return Mistake(
            path, (replace(bare, remedy=remedy, suggestion=remove), bare), of_value=False
        )

    def _fits(self, path: Key) -> bool:
        """Tell whether what was written is a quantity of the kind that belongs at another key."""
        try:
            return bool(unit := self.schema.unit(path)) and math.isfinite(parse(self.given, unit))  # type: ignore[arg-type]
        except (ValueError, TypeError, AttributeError):
            return False

    def _value_error(self, cause: Exception) -> Mistake:
        path, where = self.path, key(self.path)
        if isinstance(cause, NotAQuantity):
            wanted = _one_of_list(self.given) + self._candidates(path)
            if isinstance(self.given, str) and self.given.strip().startswith("$"):
                wanted = []  # What is wrong is a level, elsewhere in the file.
            options = [
                self._put(sentence(cause.told(toml(value))), value, "")
                for value in wanted
                if not isinstance(value, list | dict)
            ]
            return Mistake(path, (*options, Problem(where, sentence(cause.told("")))))
        if isinstance(cause, OneOf):
            return self._one_of(cause)
        what = sentence(str(cause))
        follows = isinstance(self.given, str) and "$" in self.given
        if self.schema.unit(path) and not follows:
            return self.with_examples(what)
        return Mistake(path, (Problem(where, what),))

    def _one_of(self, cause: OneOf) -> Mistake:
        where, what = key(self.path), sentence(str(cause))
        if cause.given:
            options = [
                Problem(where, what, f"Remove {name}.",
                        suggestion=Suggestion((*self.path, name), "remove"))
                for name in cause.given[1:]
            ]  # fmt: skip
        else:
            options = [
                Problem(where, what, f"Write, for example, {name} = {toml(value)}.",
                        suggestion=Suggestion((*self.path, name), "put", value))
                for name, value in self._of_any(cause.names)
            ]  # fmt: skip
        return Mistake(self.path, (*options, Problem(where, what)), of_keys=True)

    def _choice(self, kind: str, context: dict[str, Any]) -> Mistake:
        """Tell a word that is none of those that may stand there, or that is missing."""
        path, given = self.path, self.given
        if kind == "literal_error" and self.one["loc"][-1:] == ("[key]",):
            return self._unknown(_listed(str(context["expected"])))
        if kind == "literal_error":
            words = _listed(str(context["expected"]))
            meant = nearest(given, words)
            put = None if meant is None else Suggestion(path, "put", meant)
            return self._chosen(path, words, given, put, sure=meant is not None)
        if not isinstance(given, Mapping):
            return self._of_another_type("a table of keys and values")
        name = str(context["discriminator"]).strip("'")
        kinds = self.schema.kinds(path, name)
        meant = nearest(given.get(name), kinds) if name in given else None
        likely = meant or _likeliest(given, kinds)
        put = None if likely is None else Suggestion((*path, name), "put", likely)
        if kind == "union_tag_invalid":
            words = [*kinds] or _listed(str(context["expected_tags"]))
            return self._chosen((*path, name), words, given.get(name), put, sure=meant is not None)
        slip = nearest(
            name, [k for k in given if k not in {k for ks in kinds.values() for k in ks}]
        )
        if slip is not None:
            rename = Suggestion((*path, slip), "rename", name)
            bare = Problem(key((*path, slip)), "is not a known key.", f'Did you mean "{name}"?')
            return Mistake(rename.key, (replace(bare, suggestion=rename), bare), repair=rename)
        choices = " or ".join(f'"{word}"' for word in kinds)
        bare = Problem(key((*path, name)), "is missing.", f"Write {name} = {choices}.")
        return Mistake((*path, name), (replace(bare, suggestion=put), bare) if put else (bare,),
                       repair=put, sure=False, of_value=False)  # fmt: skip

    def _chosen(
        self, path: Key, words: Sequence[str], given: object, put: Suggestion | None, *, sure: bool
    ) -> Mistake:
        quoted = [toml(word) for word in words]
        choices = " or ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)
        tables = [one for one in self._candidates(path) if isinstance(one, dict)]
        choices += " or a table" if tables else ""
        what = f"must be {choices}, not {written(given)}."
        if not sure and (thing := thing_of(words)):
            what += f" A {thing} that a package brings is known where that package is installed."
        bare = Problem(key(path), what)
        if sure and put is not None:
            ask = f"Did you mean {toml(put.value)}?"
            return Mistake(path, (replace(bare, remedy=ask, suggestion=put), bare), repair=put)
        likely = [] if put is None else [put.value]
        told = replace(self, path=path).with_examples(what, likely)
        return replace(told, repair=put, sure=False)

    def _compared(self, kind: str, context: dict[str, Any]) -> str:
        words, name = _COMPARED[kind]
        unit, bound = self.schema.unit(self.path), context[name]
        limit = show(bound, unit) if unit else bound
        given = self.given
        is_number = isinstance(given, int | float) and unit
        value = show(given, unit) if is_number else written(given).strip('"')  # type: ignore[arg-type]
        return f"must be {words} {limit}, not {value}."

    def _length(self, least: bool, context: dict[str, Any]) -> Mistake:
        number = context["min_length" if least else "max_length"]
        words = "at least" if least else "at most"
        entries = "entry" if number == 1 else "entries"
        what = f"must have {words} {number} {entries}, not {context['actual_length']}."
        fewer = [self.given[:number]] if not least and isinstance(self.given, list) else []
        return self.with_examples(what, fewer)

    def _of_another_type(self, wanted: str) -> Mistake:
        """Tell a value of another type; where it is only wrapped otherwise, say so."""
        given, what = self.given, f"must be {wanted}, not {written(self.given)}."
        kept: list[Any] = []
        if "list" in wanted:
            kept = [] if isinstance(given, list) else [[given]]
        elif "table" in wanted:
            kept = given if isinstance(given, list) and len(given) == 1 else []
        elif isinstance(given, list):
            kept = _one_of_list(given)
        elif "whole" in wanted:
            kept = _whole(given)
        elif wanted == "true or false":
            known = {
                "true": True,
                "yes": True,
                "on": True,
                "false": False,
                "no": False,
                "off": False,
            }
            kept = [known[str(given).lower()]] if str(given).lower() in known else []
        text = "text" in wanted and isinstance(given, int | float) and not isinstance(given, bool)
        told = self.with_examples(what, kept, [str(given)] if text else ())
        wraps = [one for one in kept if isinstance(one, dict)]
        if isinstance(given, dict) and "list" in wanted and self.schema.lists_tables(self.path):
            wraps = kept[:1]
        repair = Suggestion(self.path, "put", wraps[0]) if wraps else None
        return replace(told, repair=repair)


def _whole(given: object) -> list[int]:
    """Return the whole number that was meant, if it is plain."""
    try:
        number = float(str(given))
        return [int(number)] if number == int(number) else []
    except (ValueError, OverflowError):
        return []


def _one_of_list(given: object) -> list[Any]:
    return list(given) if isinstance(given, list) and len(given) == 1 else []


def _listed(expected: str) -> list[str]:
    """Take apart what pydantic says of words that may stand somewhere: "'a', 'b' or 'c'"."""
    return [part.strip("' ") for part in expected.replace(" or ", ",").split(",")]


def _likeliest(given: Mapping[str, Any], kinds: Mapping[str, Sequence[str]]) -> str | None:
    """Return the kind of table that has most of the keys that were written; None if none has."""
    shared = {kind: len(set(given) & set(keys)) for kind, keys in kinds.items()}
    best = max(shared, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] else None


def nearest(given: object, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to a mistyped one; upper case does not count."""
    if not isinstance(given, str):
        return None
    small = {word.lower(): word for word in known}
    meant = SYNONYMS.get(given.strip().lower()[:60], ())
    if found := next((small[word] for word in meant if word in small), None):
        return found
    near = get_close_matches(given.strip().lower()[:60], small, n=1)
    return small[near[0]] if near else None


def _write_it(path: Key, value: Any) -> str:
    """Say how something that is missing is written, as TOML has it."""
    several = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    if len(path) > 1 or not (several or isinstance(value, Mapping)):
        return f"Write it, such as {path[-1]} = {toml(value)}."
    head, table = ("[[{}]]", value[0]) if several else ("[{}]", value)
    lines = ", ".join(f"{name} = {toml(part)}" for name, part in table.items())
    return f"Write a table {head.format(path[-1])}, such as one with {lines}."


def similar(given: object, known: Iterable[str]) -> str:
    """Suggest the known word nearest to a mistyped one, or list them all."""
    known = list(dict.fromkeys(known))
    near = nearest(given, known)
    if near is not None:
        return f'Did you mean "{near}"?'
    return f"Known here: {', '.join(sorted(known))}." if known else "Remove it."


def sentence(text: str) -> str:
    """Make a sentence of a message: it follows a key and a colon, so it begins small."""
    begins_with_word = text[1:2].islower()
    text = text[:1].lower() + text[1:] if begins_with_word else text
    return text if text.endswith((".", "!", "?")) else text + "."


def written(value: object) -> str:
    """Show a value much as a TOML file writes it, shortened where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:
        text = "a number of thousands of digits"
    return shown(text if len(text) <= 60 else text[:57] + "...")
