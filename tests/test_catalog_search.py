"""What a search of the catalogue finds, and what it does not: of entries made in memory."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.catalog import Catalog, Entry, Search, Spread
from seccm.errors import DataFileError

EMPTY = Entry("/data/a.h5", 1, 2)
POTENTIAL = Spread("V", 4, -0.35, -0.3, -0.1)


def entry(**told: object) -> Entry:
    return dataclasses.replace(EMPTY, **told)  # type: ignore[arg-type]


WRITTEN = {
    "title": "waves of O'Brien",
    "description": 'the "good" tip, 50 % full',
    "sample": "Au(111)_b*",
    "notes": {"operator": "Zoë", "by": "'; DROP TABLE scans; --"},
    "path": "/data/straße/a.h5",
}
"""Everything that a person wrote, with the letters that mean something to other searches."""


@pytest.mark.parametrize(
    "text",
    ["O'Brien", '"good"', "50 %", "_b*", "(111)", "'; DROP TABLE scans; --", "zoë", "STRASSE"],
)
def test_text_is_looked_for_as_it_stands(text: str) -> None:
    assert Search(text=text).finds(entry(**WRITTEN))
    assert not Search(text=text).finds(EMPTY)


@pytest.mark.parametrize("pattern", ["waves%", "O_Brien", "w.ves", "Au*", "[a-z]+", "' OR '1'='1"])
def test_signs_of_patterns_are_only_text(pattern: str) -> None:
    assert not Search(text=pattern).finds(entry(**WRITTEN))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Zoe\u0308", "Zo\u00eb"),  # as a Mac writes names of files
        ("Zo\u00eb", "ZOE\u0308"),
        ("5 \u00b5m", "5 \u03bcm"),  # micro and the Greek letter
        ("5 \u03bcm", "5 \u00b5M"),
        ("\ufb01lm", "film"),
    ],
)
def test_ways_to_write_the_same_letter_do_not_count(written: str, asked: str) -> None:
    one = entry(title=written, sample=written, description=written, conditions=(written,))
    for key in ("text", "plan", "sample", "notes", "condition"):
        assert Search(**{key: asked}).finds(one), key  # type: ignore[arg-type]
    assert Search(tag=asked).finds(one, [written])


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("plan", {"title": "gold"}),
        ("sample", {"sample": "gold"}),
        ("condition", {"conditions": ("j = 1", "gold = 2")}),
        ("notes", {"notes": {"tip": "gold"}}),
        ("notes", {"notes": {"gold": "tip"}}),
        ("notes", {"description": "gold"}),
    ],
)
def test_each_field_is_looked_for_in_its_own_place(key: str, told: dict[str, object]) -> None:
    search = Search(**{key: "GOLD"})  # type: ignore[arg-type]
    assert search.finds(entry(**told))
    others = {"title": "gold", "sample": "gold", "notes": {"a": "gold"}, "conditions": ("gold",)}
    mine = {"plan": "title", "condition": "conditions"}.get(key, key)
    others.pop(mine)
    assert not search.finds(entry(**others))


def test_a_tag_is_found_as_a_whole() -> None:
    one = entry(uuid="u")
    assert Search(tag="Paper").finds(one, ["good", "paper"])
    assert not Search(tag="pap").finds(one, ["paper"])
    assert not Search(tag="paper").finds(one)


DAYS = ["", "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01", "2027-01-01"]


@pytest.mark.parametrize("limit", ["2026-01-01", "2026-01", "2026", "2026-02", "2027-01-01"])
def test_a_day_parts_all_dated_scans_in_two(limit: str) -> None:
    """Each is on one side, and one without a date is on none."""
    for day in DAYS:
        one = entry(started_at=f"{day}T23:59:59+00:00" if day else "")
        late, early = Search(after=limit).finds(one), Search(before=limit).finds(one)
        assert (late, early) == ((False, False) if not day else (day >= limit, day < limit))


@pytest.mark.parametrize(
    "day",
    ["24.02.2026", "2026-2-4", "yesterday", "2026-13", "2026-02-30", "0000", "2026-02-24T10:00",
     " 2026", "26", "٢٠٢٦"],
)  # fmt: skip
@pytest.mark.parametrize("side", ["after", "before"])
def test_what_is_no_day_is_refused_with_how_to_write_one(side: str, day: str) -> None:
    with pytest.raises(DataFileError, match=r"is not a day[.] Write it as 2026-02-24") as refused:
        Search(**{side: day})  # type: ignore[arg-type]
    assert day in str(refused.value)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("E_nuc = -0.4 V .. -0.2 V", True),
        ("E_nuc = -400 mV .. -200 mV", True),
        ("E_nuc=-0.3 V..-0.3 V", True),
        ("E_nuc = .. -0.3 V", True),
        ("E_nuc = -0.3 V ..", True),
        ("E_nuc = -0.29 V ..", False),
        ("E_nuc = .. -0.31 V", False),
        ("E_other = -1 V .. 1 V", False),
    ],
)
def test_a_range_takes_in_its_limits(written: str, found: bool) -> None:
    one = entry(results={"E_nuc": POTENTIAL})
    assert Search().with_range(written).finds(one) is found


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("E_nuc = -0.2 V .. -0.4 V", "its lowest value comes first"),
        ("E_nuc = 1 nA .. 2 nA", "E_nuc"),
        ("E_nuc = low .. high", "E_nuc"),
    ],
)
def test_a_range_that_no_scan_can_be_in_is_told(written: str, words: str) -> None:
    with pytest.raises(DataFileError, match=words):
        Search().with_range(written).finds(entry(results={"E_nuc": POTENTIAL}))


def test_ranges_add_up_and_the_search_before_stays_as_it_was() -> None:
    one = entry(title="gold", results={"E": POTENTIAL, "I": Spread("A", 4, 1e-9, 2e-9, 3e-9)})
    first = Search(plan="gold").with_range("E = -1 V .. 0 V")
    both = first.with_range("I = 1 nA .. 3 nA")
    assert both.finds(one)
    assert first.results.keys() == {"E"}
    assert both.plan == "gold"
    assert not both.with_range("I = 3 nA ..").finds(one), "a range of the same result replaces it"


def test_a_file_that_cannot_be_read_is_found_by_nothing() -> None:
    assert not Search().finds(entry(problem="it is not a data file", title="gold"))


@settings(max_examples=30)
@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_any_text_finds_what_has_it(before: str, text: str, after: str) -> None:
    """Whatever the letters, a part of a title with room around it finds the title."""
    one = entry(title=f"{before} | {text} | {after}")
    assert Search(plan=text).finds(one)
    assert Search(text=text).finds(one)


def test_more_conditions_never_find_more(tmp_path: object) -> None:
    """Every scan that all conditions find is found by each of them."""
    titles, days, samples = ("gold", "carbon"), DAYS[1:4], ("a", "b")
    entries = [
        entry(path=f"/{k}.h5", title=title, started_at=day, sample=sample)
        for k, (title, day, sample) in enumerate(itertools.product(titles, days, samples))
    ]
    catalog = Catalog(f"{tmp_path}/none")
    catalog.entries = {one.path: one for one in entries}
    parts = [Search(plan="gold"), Search(after="2026"), Search(sample="A")]
    together = catalog.find(Search(plan="gold", after="2026", sample="A"))
    each = [{one.path for one in catalog.find(part)} for part in parts]
    assert {one.path for one in together} == set.intersection(*each)
    assert len(together) == 2
    newest = [one.started_at for one in catalog.find(Search())]
    assert newest == sorted(newest, reverse=True)
