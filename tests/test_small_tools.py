"""Small things that every part rests on: suggestions, text files, lists of kinds, spreads, bins."""

from __future__ import annotations

import copy
import math
import os
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm import installed, open_kinds
from seccm.analysis.decades import ENOUGH, of_one_sign, spans_decades
from seccm.analysis.own_condition import FEWEST, against_own
from seccm.analysis.spread import spread, stated
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.installing import install_hint
from seccm.open_kinds import OpenKinds, thing_of
from seccm.report.distribution import bins
from seccm.report.plausible import metal_of
from seccm.report.tables import _MOST_PAIRED, summarised
from seccm.results import Result
from seccm.suggestion import Suggestion, applied, key_of
from seccm.text_files import Unreadable, read_text

# A change of a file that is suggested.

leaf = st.one_of(st.integers(-3, 3), st.text("ab", max_size=2))
names = st.sampled_from(["a", "b", "c"])
tables = st.recursive(
    st.dictionaries(names, leaf, max_size=3),
    lambda inner: st.dictionaries(names, st.one_of(inner, st.lists(inner, max_size=2)), max_size=3),
    max_leaves=8,
)


def places(data: Any, key: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    """Return every place in some tables."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    found: list[tuple[int | str, ...]] = []
    for name, part in items:
        found.append((*key, name))
        if isinstance(part, dict | list):
            found += places(part, (*key, name))
    return found


def at(data: Any, key: tuple[int | str, ...]) -> Any:
    for part in key:
        data = data[part]
    return data


def without(data: Any, key: tuple[int | str, ...]) -> Any:
    """Return a copy without one place."""
    made = copy.deepcopy(data)
    del at(made, key[:-1])[key[-1]]
    return made


@given(tables, st.data())
def test_what_is_put_stands_there_and_nothing_else_changes(data, draw):
    before = copy.deepcopy(data)
    key = draw.draw(st.sampled_from([*places(data), ("new",), ("new", "inner")]))
    made = applied(data, Suggestion(key, "put", "put"))
    assert at(made, key) == "put"
    assert data == before
    if key in places(data):
        assert without(made, key) == without(data, key)
    else:
        assert {n: part for n, part in made.items() if n != "new"} == data


@given(tables, st.data())
def test_what_is_removed_or_renamed_is_gone_and_its_value_is_not(data, draw):
    if not (there := places(data)):
        return
    before = copy.deepcopy(data)
    key = draw.draw(st.sampled_from(there))
    assert applied(data, Suggestion(key, "remove")) == without(data, key)
    if isinstance(key[-1], str):
        made = applied(data, Suggestion(key, "rename", "other"))
        assert at(made, (*key[:-1], "other")) == at(data, key)
        assert without(made, (*key[:-1], "other")) == without(data, key)
        order = [n if n != key[-1] else "other" for n in at(data, key[:-1])]
        assert list(at(made, key[:-1])) == order
    assert data == before


@pytest.mark.parametrize(
    ("data", "change"),
    [
        ({"a": 1}, Suggestion(("b",), "remove")),
        ({"a": 1}, Suggestion(("b",), "rename", "c")),
        ({"a": 1, "c": 2}, Suggestion(("a",), "rename", "c")),
        ({"a": 1}, Suggestion(("a", 0), "put", 1)),
        ({"a": [1]}, Suggestion(("a", 3), "put", 1)),
        ({"a": [1]}, Suggestion(("a", "x"), "put", 1)),
        ({"a": [1]}, Suggestion(("a", 1), "remove")),
    ],
)
def test_a_change_of_a_place_that_is_not_there_cannot_be_made(data, change):
    before = copy.deepcopy(data)
    with pytest.raises((LookupError, TypeError)):
        applied(data, change)
    assert data == before


@given(st.lists(st.one_of(st.integers(0, 99), st.sampled_from(["program", "own_area", "j-1"])),
                min_size=1, max_size=4))  # fmt: skip
def test_a_key_of_a_message_is_the_path_that_it_names(key):
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    assert key_of(text.removeprefix(".")) == tuple(key)
    below = Suggestion(("x",), "put", 1).under(tuple(key))
    assert below.key == (*key, "x")


# Text files.


def written(folder: Path, content: bytes) -> Path:
    path = folder / "plan.toml"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_whatever_ends_its_lines_and_begins_it(tmp_path: Path, mark, end):
    lines = ["title = 'µ'", "", "a = 1"]
    path = written(tmp_path, mark + end.join(lines).encode())
    assert read_text(path) == "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a = 1".encode("utf-16"), "is UTF-16 text"),
        ("a = 1".encode("utf-32"), "is UTF-32 text"),
        (b"a = 1\nb = \xff", "in line 2"),
        (b"a\xe9 = 1", "byte 1, in line 1"),
        (b"a = 1\0", "byte 5 is zero"),
        (b"x" * 41, "MB"),
    ],
)
def test_what_is_no_text_is_told_with_its_place(tmp_path: Path, content: bytes, words: str):
    with pytest.raises(Unreadable) as raised:
        read_text(written(tmp_path, content), largest=40)
    assert words in raised.value.what
    assert raised.value.remedy
    assert not raised.value.missing


def test_what_is_no_file_is_told_and_never_waited_for(tmp_path: Path):
    told: dict[str, Path] = {"a folder": tmp_path, "does not exist": tmp_path / "missing"}
    told["not a valid file name"] = Path("a\0b")
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        told |= {"a pipe": tmp_path / "pipe", "a device": Path("/dev/null")}
    for words, path in told.items():
        with pytest.raises(Unreadable) as raised:
            read_text(path)
        assert words in raised.value.what
        assert raised.value.missing is (words == "does not exist")


def test_a_file_may_be_as_large_as_allowed_and_no_larger(tmp_path: Path):
    path = written(tmp_path, b"x" * 40)
    assert len(read_text(path, largest=40)) == 40
    with pytest.raises(Unreadable):
        read_text(path, largest=39)


# What installed packages offer.


def offering(folder: Path, name: str) -> str:
    """Make a folder of packages with one that offers a fruit."""
    info = folder / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[a.fruit]\n{name} = os:sep\n")
    return str(folder)


def test_what_packages_offer_is_what_python_says():
    for group in ("seccm.rigs", "console_scripts", "there is no such group"):
        assert set(installed.entry_points(group)) == set(metadata.entry_points(group=group))


def test_packages_are_read_once_and_anew_where_they_may_be_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[int] = []
    whole = metadata.entry_points
    monkeypatch.setattr(
        metadata, "entry_points", lambda group: asked.append(1) or whole(group=group)
    )
    for number, name in enumerate(("fig", "plum"), 1):
        monkeypatch.syspath_prepend(offering(tmp_path / name, name))
        for _ in range(3):
            assert {point.name for point in installed.entry_points("a.fruit")} >= {name}
            assert len(installed.entry_points("a.fruit")) == number
        assert len(asked) == number


# Open lists of kinds.


class Kind:
    def __init__(self, name: str, rank: float = 0.0) -> None:
        self.name, self.rank = name, rank


def fits(kind: object) -> None:
    if not isinstance(kind, Kind):
        raise TypeError(f"{kind!r} is not a kind")


class Point:
    """Stands for an entry point of an installed package."""

    value = "package:thing"

    def __init__(self, name: str, loaded: object) -> None:
        self.name, self._loaded = name, loaded

    def load(self) -> object:
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


def kinds(monkeypatch: pytest.MonkeyPatch, own: list[Kind], *points: Point) -> OpenKinds[Kind]:
    monkeypatch.setattr(open_kinds, "_EVERY", [])
    monkeypatch.setattr(open_kinds, "entry_points", lambda group: points)
    return OpenKinds("fruit", "a.group", lambda: own, lambda k: k.name, fits, lambda k: k.rank)


def test_kinds_come_by_rank_wherever_they_are_from(monkeypatch: pytest.MonkeyPatch):
    fruit = kinds(
        monkeypatch,
        [Kind("apple", 3), Kind("pear", 1)],
        Point("fig", Kind("fig", 2)),
    )
    assert list(fruit.all()) == ["pear", "fig", "apple"]
    told: list[int] = []
    fruit.on_register(lambda: told.append(1))
    fruit.register(lemon := Kind("lemon", 0))
    assert list(fruit.all()) == ["lemon", "pear", "fig", "apple"]
    assert fruit.of("lemon") is lemon
    assert told == [1]
    fruit.register(lemon)
    assert list(fruit.all()) == ["lemon", "pear", "fig", "apple"]
    assert thing_of(["pear", "fig", "apple", "lemon", "more"]) == "fruit"
    assert thing_of(["pear"]) == ""


def test_a_kind_that_is_not_there_is_told_with_those_that_are(monkeypatch: pytest.MonkeyPatch):
    fruit = kinds(monkeypatch, [Kind("apple"), Kind("pear")])
    with pytest.raises(
        LookupError, match=r'"plum" is not a kind of fruit. There are "apple", "pear"'
    ):
        fruit.of("plum")


def test_what_is_no_kind_or_has_a_name_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch):
    fruit = kinds(monkeypatch, [Kind("apple")])
    with pytest.raises(TypeError, match="not a kind"):
        fruit.register("apple")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='"apple" already'):
        fruit.register(Kind("apple"))
    assert list(fruit.all()) == ["apple"]


@pytest.mark.parametrize("broken", [ImportError("no module"), "a string", ValueError("why")])
def test_a_package_that_is_broken_is_left_out_with_a_warning(monkeypatch, broken):
    fruit = kinds(monkeypatch, [Kind("apple")], Point("fig", broken), Point("kiwi", Kind("kiwi")))
    with pytest.warns(RuntimeWarning, match='The fruit "fig" of package:thing cannot be used'):
        assert list(fruit.all()) == ["apple", "kiwi"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(fruit.all()) == ["apple", "kiwi"]


def test_of_two_kinds_with_one_name_the_first_is_used(monkeypatch: pytest.MonkeyPatch):
    first = Kind("apple")
    fruit = kinds(monkeypatch, [first], Point("other", Kind("apple")))
    with pytest.warns(RuntimeWarning, match='two kinds of fruit "apple"'):
        assert fruit.all()["apple"] is first


@pytest.mark.parametrize("extra", ["ui", "ni", "analysis"])
def test_an_extra_is_installed_as_the_program_was(tmp_path: Path, extra: str):
    assert install_hint(extra, tmp_path).endswith(f'pip install "seccm[{extra}]"')
    (tmp_path / "pyproject.toml").touch()
    assert install_hint(extra, tmp_path).endswith(f'pip install -e "{tmp_path}[{extra}]"')


# Scatter, decades, bins.

numbers = st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-3), min_size=1,
                   max_size=30).map(np.array)  # fmt: skip


@given(numbers, st.floats(0.0, 1e6))
def test_what_stands_after_the_sign_is_the_larger_of_scatter_and_statement(values, error):
    errors = np.full(values.size, error)
    found = spread(values, errors)
    assert found.n == values.size
    assert found.mean == pytest.approx(values.mean(), abs=1e-6)
    if values.size < FEWEST_FOR_SD:
        assert math.isnan(found.sd)
        assert (found.basis, found.error) == ("stated", error)
    else:
        assert found.error == max(found.sd, error)
        assert found.basis == ("stated" if error > found.sd else "sd")
    unknown = spread(values, np.full(values.size, np.nan))
    assert unknown.basis == ("sd" if values.size >= FEWEST_FOR_SD else "")
    assert math.isnan(stated(np.full(3, np.nan)))


@given(numbers, st.floats(0.1, 10.0))
def test_decades_are_asked_of_magnitudes_of_one_sign(values, factor):
    assert of_one_sign(values) is bool((values > 0).all() or (values < 0).all())
    assert spans_decades(values) == spans_decades(-values) == spans_decades(-4.0 * values)
    assert not (spans_decades(values) and not of_one_sign(values))
    with_gap = np.append(values, np.nan)
    assert spans_decades(with_gap) == spans_decades(values)


@given(st.floats(1e-9, 1e9))
def test_two_decades_and_a_little_are_enough(size):
    assert not spans_decades(np.array([size, 0.999 * ENOUGH * size]))
    assert spans_decades(np.array([size, 1.001 * ENOUGH * size]))
    assert not of_one_sign(np.array([np.nan]))
    assert not of_one_sign(np.empty(0))


@given(numbers)
def test_every_value_lies_in_one_of_five_to_forty_bins(values):
    edges = bins(values)
    assert 5 <= edges.size - 1 <= 40
    assert (np.diff(edges) > 0).all()
    counts, _ = np.histogram(values, edges)
    assert counts.sum() == values.size


@pytest.mark.parametrize("seed", range(2))
def test_statistics_are_the_same_with_and_without_the_bootstrap(seed):
    """One site more must not make a table jump."""
    values = np.random.default_rng(seed).normal(5.0, 1.0, _MOST_PAIRED + 1)
    few, many = summarised(values[:-1], 2), summarised(values, 2)
    assert (few.n, many.n) == (_MOST_PAIRED, _MOST_PAIRED + 1)
    assert few.n_censored == many.n_censored == 2
    for name in ("mean", "median", "mad", "sd", "low", "high"):
        assert getattr(many, name) == pytest.approx(getattr(few, name), abs=0.8), name
    assert many.low == values.min()
    assert many.high == values.max()
    assert many.interval.low < many.mean < many.interval.high
    width = many.interval.high - many.interval.low
    assert 0.5 < width / (few.interval.high - few.interval.low) < 2.0


# Values against those of their own condition.

RATIO = Result("CE", "1", "efficiency")
DIFFERENCE = Result("dE", "V", "difference of potentials")


@given(st.integers(0, 2**31), st.floats(0.01, 100.0), st.sampled_from([1, -1]))
def test_what_a_condition_does_to_all_its_sites_alike_is_taken_off(seed, factor, sign):
    rng = np.random.default_rng(seed)
    condition = rng.integers(0, 3, 60)
    place = 1.0 + 0.2 * rng.random(60)
    values = sign * place * factor ** condition.astype(float)
    every = np.ones(60, bool)
    found = against_own(RATIO, values, 0.1 * np.abs(values), every, condition)
    assert found.ratio
    assert found.middle == 1.0
    for k in set(condition.tolist()):
        own = condition == k
        if own.sum() >= FEWEST:
            assert np.median(found.values[own]) == pytest.approx(1.0)
            ratio = found.values[own] / place[own]
            np.testing.assert_allclose(ratio, ratio[0])
            np.testing.assert_allclose(found.errors[own], 0.1 * found.values[own])
        else:
            assert k in found.few
    assert against_own(RATIO, values * 7, values, every, condition).values == pytest.approx(
        found.values, nan_ok=True
    )


@given(st.integers(0, 2**31), st.floats(-3.0, 3.0))
def test_of_potentials_the_difference_is_taken_whatever_the_reference(seed, shift):
    rng = np.random.default_rng(seed)
    condition, values = np.repeat([0, 1], 10), rng.normal(size=20)
    errors, every = np.full(20, 0.1), np.ones(20, bool)
    found = against_own(DIFFERENCE, values, errors, every, condition)
    moved = against_own(DIFFERENCE, values + shift, errors, every, condition)
    assert not found.ratio
    assert found.middle == 0.0
    np.testing.assert_allclose(found.values, moved.values, atol=1e-12)
    assert np.array_equal(found.errors, errors)


def test_sites_that_do_not_count_make_no_median_and_are_put_against_it_all_the_same():
    values = np.array([1.0, 1.0, 1.0, 50.0, np.nan])
    counted = np.array([True, True, True, False, True])
    found = against_own(RATIO, values, np.zeros(5), counted, np.zeros(5, int))
    assert found.values[:4].tolist() == [1.0, 1.0, 1.0, 50.0]
    assert math.isnan(found.values[4])
    alone = against_own(RATIO, values, np.zeros(5), ~counted, np.zeros(5, int))
    assert alone.few == (0,)
    assert np.isnan(alone.values).all()


# A metal and its ion.


@pytest.mark.parametrize(
    ("reference", "metal"),
    [("Li/Li+", "Li"), ("Cu/Cu2+", "Cu"), ("Cu / Cu2+", "Cu"), ("Zn/Zn2+", "Zn"),
     ("Fc/Fc+", ""), ("Ag/AgCl", ""), ("Li/Na+", ""), ("Li", ""), ("", ""), ("SHE", ""),
     ("li/li+", ""), ("Li/Li+ (1 M)", "")],
)  # fmt: skip
def test_a_metal_is_known_by_its_couple(reference: str, metal: str):
    assert metal_of(reference) == metal
