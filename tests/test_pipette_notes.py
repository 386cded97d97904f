"""Notes of a pipette: the radius from its resistance, and notes that were edited or are odd."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.errors import PlanError, SeccmError
from seccm.session.notes import NAMES, TEXTS, attributes, change, kept, radius

PIPETTE = {"resistance": "50 Mohm", "conductivity": "1.3 S/m", "half_angle": "5 deg"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own that is empty."""
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def of(resistance: float, kappa: float, angle: float) -> float:
    """The radius of a pipette, from numbers in SI and degrees."""
    found = radius({
        "resistance": f"{resistance!r} ohm", "conductivity": f"{kappa!r} S/m",
        "half_angle": f"{angle!r} deg",
    })  # fmt: skip
    assert found is not None
    return found


@settings(max_examples=30)
@given(st.floats(1e-9, 1e-4), st.floats(1e-4, 1e2), st.floats(0.1, 80.0))
def test_a_pipette_whose_resistance_is_known_has_its_radius(
    r: float, kappa: float, angle: float
) -> None:
    """The cone, summed in thin disks, and the access to a disk, in series; solved backwards."""
    steps = 4000
    tangent = math.tan(math.radians(angle))
    # Disks between radii that grow by equal factors, up to a million times the opening.
    edges = [r * 10.0 ** (6.0 * k / steps) for k in range(steps + 1)]
    pairs = pairwise(edges)
    cone = sum((b - a) / (kappa * math.pi * a * b * tangent) for a, b in pairs)
    access = 1.0 / (4.0 * kappa * r)
    assert of(cone + access, kappa, angle) == pytest.approx(r, rel=1e-5)


@pytest.mark.parametrize("factor", [0.1, 3.0, 1000.0])
def test_the_radius_is_inverse_to_resistance_and_to_conductivity(factor: float) -> None:
    usual = of(50e6, 1.3, 5.0)
    assert of(50e6 * factor, 1.3, 5.0) == pytest.approx(usual / factor, rel=1e-9)
    assert of(50e6, 1.3 * factor, 5.0) == pytest.approx(usual / factor, rel=1e-9)
    assert of(50e6 * factor, 1.3 / factor, 5.0) == pytest.approx(usual, rel=1e-9)


def test_a_wider_cone_of_the_same_resistance_has_a_smaller_opening() -> None:
    """And a cone that is nearly flat is no more than the access to a disk."""
    found = [of(50e6, 1.3, angle) for angle in (1.0, 3.0, 10.0, 30.0, 89.0)]
    assert found == sorted(found, reverse=True)
    assert of(50e6, 1.3, 89.9999) == pytest.approx(0.25 / (1.3 * 50e6), rel=1e-5)


@pytest.mark.parametrize(("name", "other"), [
    ("resistance", "0.05 Gohm"), ("conductivity", "13 mS/cm"), ("half_angle", "0.0872664626 rad"),
])  # fmt: skip
def test_units_do_not_change_the_radius(name: str, other: str) -> None:
    assert radius({**PIPETTE, name: other}) == pytest.approx(radius(PIPETTE), rel=1e-8)


@pytest.mark.parametrize("name", sorted(PIPETTE))
@pytest.mark.parametrize("value", ["", "none", "5", "0 ohm", "nan ohm", "-1 S/m", "180 deg", "3 V"])
def test_a_file_with_a_quantity_that_is_none_has_no_radius(
    home: Path, name: str, value: str
) -> None:
    """The notes were edited; a run that begins stores what they say, and no radius."""
    (home / "notes.json").write_text(json.dumps({**PIPETTE, name: value, "gas": "argon"}))
    found = attributes()
    assert found["note_gas"] == "argon"
    assert "note_radius" not in found
    result = CliRunner().invoke(app, ["notes"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "radius" not in result.output


@pytest.mark.parametrize("tiny", [
    {"resistance": "1e-200 ohm", "conductivity": "1e-200 S/m"},
    {"half_angle": "1e-320 rad", "conductivity": "1e-9 S/m"},
])  # fmt: skip
def test_a_radius_that_is_no_number_is_left_out(tiny: dict[str, str]) -> None:
    assert radius({**PIPETTE, **tiny}) is None


@pytest.mark.parametrize("angle", ["90 deg", "91 deg", "180 deg", "4 rad", "720 deg"])
def test_a_half_angle_of_no_cone_is_refused(angle: str) -> None:
    """Its tangent is infinite or negative: a radius below zero was stored."""
    with pytest.raises(PlanError, match="below 90 deg"):
        change({**PIPETTE, "half_angle": angle})
    assert kept() == {}
    change({**PIPETTE, "half_angle": "89.9 deg"})
    assert radius(kept()) is not None


def test_every_wrong_quantity_is_told_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        change({"resistance": "50 V", "conductivity": "0 S/m", "half_angle": "flat", "gas": "Ar"})
    assert {one.where for one in caught.value.problems} == set(PIPETTE)
    assert kept() == {}


@pytest.mark.parametrize("text", [
    '"quoted" \\ and \n lines', "50 mM LiClO4 in PC, 25 °C", "プロピレン", "{}[]", "[bold]x[/bold]",
    "x" * 5000,
])  # fmt: skip
def test_texts_come_back_as_they_were_told(text: str) -> None:
    change(dict.fromkeys(TEXTS, text))
    assert kept() == dict.fromkeys(TEXTS, text)
    result = CliRunner().invoke(app, ["notes"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert text[:8].split("\n")[0] in result.output


def test_an_empty_text_takes_out_just_that_note() -> None:
    change(dict.fromkeys(TEXTS, "told"))
    for k, name in enumerate(TEXTS, 1):
        change({name: ""})
        assert set(kept()) == set(TEXTS[k:])
    assert attributes() == {}


@pytest.mark.parametrize("text", ["[]", "null", "3", '"notes"', "[" * 100_000, '{"gas": '])
def test_a_file_that_is_no_table_of_notes_is_told_and_never_replaced(home: Path, text: str) -> None:
    (home / "notes.json").write_text(text)
    with pytest.raises(SeccmError, match=r"cannot be read.*Remove it"):
        change({"gas": "argon"})
    assert (home / "notes.json").read_text() == text
    assert attributes() == {}


def test_what_nobody_knows_in_the_file_is_left_out(home: Path) -> None:
    """A note of a later version does not become an attribute of a data file."""
    (home / "notes.json").write_text('{"gas": "argon", "moon": "full", "operator": 7, "remark": 0}')
    assert kept() == {"operator": "7", "gas": "argon"}
    assert set(attributes()) <= {f"note_{name}" for name in NAMES}


def test_a_folder_that_takes_no_file_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "taken" / "home"))
    result = CliRunner().invoke(app, ["notes", "--gas", "argon"], env={"COLUMNS": "300"})
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert str(tmp_path / "taken" / "home" / "notes.json") in result.output
