"""What a user says of a file: options, a mapping file, a table of places."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seccm
from seccm.cli.exchange_commands import _pairs
from seccm.readers.said import KINDS, SIGNS, Place, Said, read_mapping, read_places

HERE = Path()


def mapped(tmp_path: Path, text: str) -> Said:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(seccm.DataFileError) as error:
        mapped(tmp_path, text)
    words = str(error.value)
    assert words.startswith(str(tmp_path / "mapping.toml"))
    assert words.endswith("Nothing was made.")
    return words


# A mapping file.


def test_a_mapping_file_has_the_names_of_the_options(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("site, x (um), y (um), z (um)\na, 1, 2, 3\n")
    said = mapped(
        tmp_path,
        'sign = "cathodic"\nfootprint = "2 µm"\nreference = "SCE"\nperiod = "10 ms"\n'
        'decimal = "comma"\nincomplete = true\nsteps = ["cv", "open circuit"]\n'
        'stages = ["skip", "lsv"]\nplaces = "there.csv"\ntitle = "Gold"\nsample = "A 3"\n'
        '[columns]\ncurrent = "I2 (nA)"\n[units]\n"I2" = "pA"\n',
    )
    assert said == Said(
        sign="cathodic positive",
        footprint=2e-6,
        reference="SCE",
        columns={"current": "I2 (nA)"},
        units={"I2": "pA"},
        steps=("cv", "open circuit"),
        places={"a": Place(1e-6, 2e-6, 3e-6)},
        period=0.01,
        decimal="comma",
        incomplete=True,
        stages=("skip", "lsv"),
        title="Gold",
        sample="A 3",
    )


def test_an_empty_mapping_file_says_nothing(tmp_path: Path) -> None:
    assert mapped(tmp_path, "# nothing yet\n") == Said()


@pytest.mark.parametrize("written", sorted(SIGNS))
def test_the_sign_can_be_said_shortly_and_in_any_letter_case(written: str) -> None:
    told = Said.of({"sign": f" {written.upper()} "}, HERE, "a").sign
    assert told == f"{written.split()[0]} positive"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('sign = "positive"', 'sign is "anodic positive" or "cathodic positive", not "positive"'),
        ("sign = true", 'not "True"'),
        ('footprint = "2"', "2"),
        ('footprint = "2 V"', "2 V"),
        ('footprint = "0 um"', "footprint must be more than 0"),
        ('footprint = "-2 um"', "footprint must be more than 0"),
        ('period = "0 s"', "period must be more than 0"),
        ('period = "10 Hz"', "10 Hz"),
        ('decimal = ","', 'decimal is "comma" or "point", not ","'),
        ('incomplete = "no"', 'incomplete is true or false, not "no"'),
        ("incomplete = 1", 'incomplete is true or false, not "1"'),
        ('steps = ["eis"]', '"eis" is not a kind of steps. There are cv, lsv,'),
        ('steps = ["skip"]', '"skip" is not a kind of steps'),
        ('stages = ["skip", "CV"]', '"CV" is not a kind of stages'),
        ('steps = "cv"', 'steps is a list, as steps = ["cv"]'),
        ('stages = "skip"', 'stages is a list, as stages = ["skip"]'),
        ('columns = "I"', "columns is a table of names"),
        ('units = ["nA"]', "units is a table of names"),
        ('[columns]\ncharge = "Q"', '"charge" is not a quantity of a column. There are time,'),
        ('places = "nowhere.csv"', "nowhere.csv"),
        ('colums = "I"', '"colums" is not known. There are columns, decimal,'),
        ('sign = "anodic', "is not TOML"),
        ('sign = "anodic"\nsign = "anodic"', "is not TOML"),
    ],
)
def test_what_is_not_understood_is_told_and_not_passed_over(
    tmp_path: Path, text: str, words: str
) -> None:
    assert words in refused(tmp_path, text)


def test_every_name_that_is_offered_is_one_that_is_taken(tmp_path: Path) -> None:
    words = refused(tmp_path, "nothing = 1")
    offered = words.split("There are ")[1].split(". Nothing")[0].split(", ")
    assert offered == sorted(field.name for field in fields(Said))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_a_mapping_file_may_have_the_mark_of_utf_8(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(content + 'sample = "Å"\r\n'.encode())
    assert read_mapping(path).sample == "Å"


@pytest.mark.parametrize("content", ["sample = 'ä'".encode("latin-1"), b"\xff\xfea\0", b"a\0"])
def test_a_mapping_file_that_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(content)
    with pytest.raises(seccm.DataFileError, match=r"UTF-8|not text"):
        read_mapping(path)
    with pytest.raises(seccm.DataFileError, match="Nothing was made"):
        read_mapping(tmp_path / "missing.toml")


# Options come before the mapping file.

text = st.sampled_from(["", "a", "b"])
saids = st.builds(
    Said,
    sign=st.sampled_from([None, "anodic positive", "cathodic positive"]),
    footprint=st.sampled_from([None, 1e-6, 2e-6]),
    reference=text,
    columns=st.dictionaries(st.sampled_from(["time", "current"]), st.just("a"), max_size=2),
    steps=st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    period=st.sampled_from([None, 0.1]),
    decimal=st.sampled_from(["", "comma", "point"]),
    incomplete=st.booleans(),
    title=text,
)


@settings(max_examples=30)
@given(saids, saids)
def test_what_an_option_says_holds_and_the_mapping_fills_the_rest(options, mapping) -> None:
    both = options.over(mapping)
    for field in fields(Said):
        first, second = getattr(options, field.name), getattr(mapping, field.name)
        assert getattr(both, field.name) == (first or second)


@settings(max_examples=30)
@given(saids)
def test_saying_nothing_changes_nothing_nor_does_saying_it_twice(said) -> None:
    assert Said().over(said) == said
    assert said.over(Said()) == said
    assert said.over(said) == said


def test_a_point_can_be_said_over_the_comma_of_a_mapping_file() -> None:
    comma, point = (Said.of({"decimal": word}, HERE, "a") for word in ("comma", "point"))
    assert point.over(comma).decimal == "point"


@pytest.mark.parametrize(
    ("given_", "pairs"),
    [
        (None, {}),
        (["current=I (nA)"], {"current": "I (nA)"}),
        ([" current = I=1 "], {"current": "I=1"}),
        (["a=b", "c=d"], {"a": "b", "c": "d"}),
        (["a=b", "a=c"], {"a": "c"}),
    ],
)
def test_pairs_are_divided_at_their_first_sign(given_: Any, pairs: dict[str, str]) -> None:
    assert _pairs("--column", given_) == pairs


# A table of places.


def places(tmp_path: Path, content: str) -> Any:
    path = tmp_path / "places.csv"
    path.write_bytes(content.encode())
    return read_places(path)


@pytest.mark.parametrize(
    ("unit", "scale"),
    [("um", 1e-6), ("µm", 1e-6), ("μm", 1e-6), ("mm", 1e-3), ("m", 1), ("nm", 1e-9)],
)
def test_places_are_in_the_unit_of_their_column(tmp_path: Path, unit: str, scale: float) -> None:
    found = places(tmp_path, f"site, x ({unit}), y ({unit})\na, 12.5, -4\n")["a"]
    assert (found.x, found.y) == pytest.approx((12.5 * scale, -4 * scale), rel=1e-12)


def test_each_axis_has_a_unit_of_its_own(tmp_path: Path) -> None:
    found = places(tmp_path, "z (nm), y (mm), file, x(um)\n3, 1, a b.txt , 2\n")
    assert list(found) == ["a b.txt"]
    place = found["a b.txt"]
    assert (place.x, place.y, place.z) == pytest.approx((2e-6, 1e-3, 3e-9), rel=1e-12)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_end_lines_as_they_like(tmp_path: Path, end: str, mark: str) -> None:
    lines = [f"{mark}Site, X (um), Y (um)", "", '"a, 1",1,2', ",,", "b,3,4", ""]
    found = places(tmp_path, end.join(lines))
    assert {name: round(1e6 * place.x) for name, place in found.items()} == {"a, 1": 1, "b": 3}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("b, 1", "line 5 has 2 values, not 3"),
        ("b, 1, 2, 3", "line 5 has 4 values, not 3"),
        ("b, 1, x", "line 5 has a place that is not a number"),
        ("b, , 2", "line 5 has a place that is not a number"),
        ("b, nan, 2", "line 5 has a place that is not a number"),
        ("b, 1, inf", "line 5 has a place that is not a number"),
        ("a, 1, 2", 'line 5 has "a" a second time'),
    ],
)
def test_the_line_that_is_told_is_that_of_the_file(tmp_path: Path, row: str, words: str) -> None:
    """Blank lines count, as they do in an editor."""
    with pytest.raises(ValueError, match=words):
        places(tmp_path, f"site, x (um), y (um)\n\na, 0, 0\n\n{row}\n")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("site, x, y (um)", '"x" has no unit; write it as "x \\(um\\)"'),
        ("site, x (V), y (um)", "V"),
        ("site, x (um)", "its first line is"),
        ("x (um), y (um)", "its first line is"),
        ("site, x (um), x (mm), y (um)", "its first line is"),
        ("site; x (um); y (um)", "its first line is"),
    ],
)
def test_a_first_line_that_leaves_something_open_is_refused(
    tmp_path: Path, head: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        places(tmp_path, f"{head}\na, 1, 2\n")
