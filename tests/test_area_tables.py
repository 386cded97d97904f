"""Tables of wetted areas, as image software and people write them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seccm.errors import PlanError
from seccm.session.area_table import read_areas

UNITS = {"um^2": 1e-12, "µm²": 1e-12, "nm^2": 1e-18, "m^2": 1.0, "mm^2": 1e-6}
LENGTHS = {"um": 1e-6, "nm": 1e-9, "m": 1.0, "mm": 1e-3}
SITES = 1000
sizes = st.floats(1e-3, 1.0)
areas = st.dictionaries(st.integers(0, SITES - 1), st.tuples(sizes, sizes), min_size=1, max_size=8)
quick = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "areas.txt"
    path.write_text(text, encoding=encoding)
    return path


def problems(path: Path, sites: int = SITES) -> list[str]:
    with pytest.raises(PlanError) as raised:
        read_areas(path, sites)
    assert raised.value.source == str(path)
    return [f"{one.where}: {one.what} {one.remedy}".strip() for one in raised.value.problems]


@quick
@given(
    areas,
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from(["", " "]),
    st.booleans(),
)
def test_areas_are_read_in_any_unit_order_and_with_any_separator(
    tmp_path, planted, delimiter, unit, blank, turned
):
    columns = ["site", f"area ({unit})", f"Uncertainty ({unit})", "remark"]
    rows = [[str(n), repr(a), repr(e), "seen"] for n, (a, e) in planted.items()]
    if turned:
        columns, rows = columns[::-1], [row[::-1] for row in rows]
    lines = [(delimiter + blank).join(row) for row in (columns, *rows)]
    found = read_areas(table(tmp_path, "\n".join(lines)), SITES)
    assert found.keys() == planted.keys()
    for number, (value, error) in planted.items():
        assert found[number].value == pytest.approx(value * UNITS[unit])
        assert found[number].error == pytest.approx(error * UNITS[unit])


@quick
@given(areas, st.sampled_from(sorted(LENGTHS)))
def test_a_diameter_is_that_of_a_round_footprint(tmp_path, planted, unit):
    """Its uncertainty goes with it: dA / A = 2 dd / d."""
    lines = [f"site, diameter ({unit}), uncertainty ({unit})"]
    lines += [f"{n}, {d!r}, {e!r}" for n, (d, e) in planted.items()]
    found = read_areas(table(tmp_path, "\n".join(lines)), SITES)
    for number, (diameter, error) in planted.items():
        area = math.pi * (diameter * LENGTHS[unit]) ** 2 / 4.0
        assert found[number].value == pytest.approx(area)
        assert found[number].error / area == pytest.approx(2.0 * error / diameter)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_programs_do_to_texts_does_not_matter(tmp_path: Path, end: str, encoding: str):
    text = end.join(['"Site", "Area (um^2)"', "0, 3.5", "", "  ", "7,4e0", ""])
    path = tmp_path / "areas.csv"
    path.write_bytes(text.encode(encoding))
    found = read_areas(path, 8)
    assert {n: one.value for n, one in found.items()} == pytest.approx({0: 3.5e-12, 7: 4e-12})
    assert all(math.isnan(one.error) for one in found.values())


def test_an_uncertainty_that_is_missing_is_not_known_and_one_of_zero_is_zero(tmp_path: Path):
    path = table(tmp_path, "site, area (um^2), uncertainty (um^2)\n0, 3, 0.5\n1, 3,\n2, 3, 0")
    found = read_areas(path, 3)
    assert found[0].error == pytest.approx(0.5e-12)
    assert math.isnan(found[1].error)
    assert found[2].error == 0.0


@pytest.mark.parametrize(
    "head",
    [
        "",
        "site",
        "area (um^2)",
        "number, area (um^2)",
        "site, area",
        "site, area (um)",
        "site, diameter (um^2)",
        "site, area (um^2), diameter (um)",
        "site, area (um^2), area (um^2)",
        "site, site, area (um^2)",
        "site, area (um^2), uncertainty (V)",
        "site, area (furlong^2)",
        "0, 3.5",
    ],
)
def test_a_header_that_says_too_little_or_too_much_is_refused_with_an_example(tmp_path, head):
    (said,) = problems(table(tmp_path, f"{head}\n0, 3, 3\n"))
    assert 'Write "site, area (um^2), uncertainty (um^2)"' in said
    assert said.startswith("file: ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-1, 3", "not a whole number"),
        ("1.0, 3", "not a whole number"),
        ("one, 3", "not a whole number"),
        ("², 3", "not a whole number"),
        (", 3", "not a whole number"),
        ("10, 3", "there is no site 10: the scan has 10"),
        ("99999999999999999999, 3", "there is no site"),
        ("1, 0", "must be above 0"),
        ("1, -3", "must be above 0"),
        ("1, nan", "area is"),
        ("1, inf", "area is"),
        ("1, 3 um^2", "not a number"),
        ("1, three", "not a number"),
        ("1,", "not a number"),
        ("1", "1 cells, but the header has 2"),
        ("1, 3, 4", "3 cells, but the header has 2"),
        ("1, 3,5", "3 cells, but the header has 2"),
        ('1, "3', "0 cells"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_reason(tmp_path: Path, line: str, words: str):
    (said,) = problems(table(tmp_path, f"site, area (um^2)\n0, 3\n{line}\n2, 4\n"), 10)
    assert said.startswith("line 3: ")
    assert words in said


def test_every_bad_line_is_told_at_once_and_only_so_many_one_by_one(tmp_path: Path):
    lines = [f"{n}, -1" for n in range(50)]
    found = problems(table(tmp_path, "\n".join(["site, area (um^2)", *lines])))
    assert len(found) == 21
    assert [one.split(":")[0] for one in found[:20]] == [f"line {n}" for n in range(2, 22)]
    assert "30 more lines" in found[-1]


def test_a_site_has_one_area(tmp_path: Path):
    (said,) = problems(table(tmp_path, "site, area (um^2)\n3, 1\n4, 1\n3, 2\n"))
    assert said == "line 4: site 3 is in the table twice."


@pytest.mark.parametrize("text", ["site, area (um^2)\n", "site, area (um^2)\n\n  \n"])
def test_a_table_of_nothing_is_a_mistake(tmp_path: Path, text: str):
    (said,) = problems(table(tmp_path, text))
    assert "lists no areas" in said


def test_the_text_of_another_encoding_is_refused_with_what_to_do(tmp_path: Path):
    (said,) = problems(table(tmp_path, "site, area (um^2)\n0, 3\n", "utf-16"))
    assert "UTF-16" in said
    assert "Save it as UTF-8" in said


@pytest.mark.parametrize("content", [None, b"\x00\x01\x02\xff\xfe\x00", b"\x89HDF\r\n\x1a\n" * 9])
def test_what_is_no_text_is_refused_in_a_sentence(tmp_path: Path, content: bytes | None):
    path = tmp_path / "areas.txt"
    if content is not None:
        path.write_bytes(content)
    (said,) = problems(path)
    assert said.startswith("file: ")
