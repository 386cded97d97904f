"""What a file leaves open is asked for with an option, and the option settles it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from foreign_text import E, I, T, is_planted, refusal, scan_of, step_of, table
from typer.testing import CliRunner

from seccm import import_file
from seccm.cli.commands import app
from seccm.cli.exchange_commands import _pairs
from seccm.errors import DataFileError
from seccm.readers.said import Place, Said

HEADS = ("t (s)", "E (V)", "I (nA)")


def advised(words: str, option: str) -> str:
    """The value of an option as the sentence has it, without its quotes."""
    found = re.search(rf'{option} (?:"([^"]*)"|(\S+))', words)
    assert found, words
    return found[1] or found[2]


def said(written: dict[str, Any]) -> dict[str, Any]:
    """Options as the command takes them."""
    told = Said.of(written, Path(), "the options")
    return {name: getattr(told, name) for name in written}


def test_the_sign_that_is_asked_for_settles_it(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    words = refusal(path, sign=None)
    is_planted(step_of(path, **said({"sign": advised(words, "--sign")})))


def test_the_footprint_that_is_asked_for_settles_it(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    words = refusal(path, footprint=None)
    scan = scan_of(path, **said({"footprint": advised(words, "--footprint")}))
    assert scan.plan.to_dict()["sites"]["area"] == pytest.approx(np.pi * 1e-12, rel=1e-6)


def test_all_that_is_open_is_told_at_once(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", heads=("t (s)", "E (V)", "j"))
    words = refusal(path, sign=None, footprint=None)
    assert words.count("\n  - ") == 3


@pytest.mark.parametrize("heads", [("t", "E (V)", "I (nA)"), ("t (s)", "E", "I (nA)"),
                                   ("t (s)", "E (V)", "I")])  # fmt: skip
def test_the_unit_that_is_asked_for_settles_it(tmp_path: Path, heads: tuple[str, ...]) -> None:
    path = table(tmp_path / "a.csv", heads=heads)
    words = refusal(path)
    units = _pairs("--unit", [advised(words, "--unit")])
    is_planted(step_of(path, **said({"units": units})))


def test_a_column_is_named_as_the_question_names_it(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", (T, E, I * 1e9, -I * 1e9), (*HEADS, "Current (nA)"))
    words = refusal(path)
    assert 'which column is the current: "I (nA)", "Current (nA)"' in words
    columns = _pairs("--column", [advised(words, "--column")])
    is_planted(step_of(path, **said({"columns": columns})))
    is_planted(step_of(path, columns={"current": "current(nA)"}), -I)


def test_a_channel_that_never_changes_is_not_the_one_that_is_meant(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", (T, E, 0 * I, 1e9 * I), (*HEADS, "Current (nA)"))
    is_planted(step_of(path))


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    words = refusal(table(tmp_path / "a.csv"), columns={"current": "Strom"})
    assert (
        'there is no column "Strom" for the current; there are "t (s)", "E (V)", "I (nA)"' in words
    )


@pytest.mark.parametrize("name", ["E2 (V)", "e2(v)", "E2"])
def test_what_is_said_to_be_one_quantity_is_not_found_as_another(tmp_path: Path, name: str) -> None:
    """A program that calls its second potential "I (V)", by a slip."""
    path = table(tmp_path / "a.csv", (T, 0 * E, E, 1e9 * I), ("t (s)", "E (V)", "E2 (V)", "i (nA)"))
    is_planted(step_of(path, columns={"potential": name}))


@pytest.mark.parametrize("name", ["I (V)", "i(v)", "I"])
def test_a_column_that_is_taken_is_not_asked_for_again(tmp_path: Path, name: str) -> None:
    path = table(tmp_path / "a.csv", (T, E, 1e9 * I), ("t (s)", "I (V)", "Current (nA)"))
    is_planted(step_of(path, columns={"potential": name}))


def test_one_column_is_not_two_quantities(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", heads=("t (s)", "a", "I (nA)"))
    units = {"potential": "V", "x": "um"}
    words = refusal(path, columns={"potential": "a", "x": "a"}, units=units)
    assert 'the column "a" is: it cannot be the potential and the x' in words


def swapped(path: Path) -> Path:
    t = T.copy()
    t[[10, 11]] = t[[11, 10]]
    return table(path, (t, E, 1e9 * I))


def test_times_that_go_back_are_told_with_both_times(tmp_path: Path) -> None:
    words = refusal(swapped(tmp_path / "a.csv"))
    assert "data point 12 is at 2 s, not later than the one before at 2.2 s" in words


@pytest.mark.parametrize("again", [0, 5, 24])
def test_a_time_that_comes_twice_is_told(tmp_path: Path, again: int) -> None:
    t = T.copy()
    t[again + 1] = t[again]
    words = refusal(table(tmp_path / "a.csv", (t, E, 1e9 * I)))
    assert f"data point {again + 2} is at" in words


def test_the_period_that_is_advised_for_wrong_times_settles_them(tmp_path: Path) -> None:
    path = swapped(tmp_path / "a.csv")
    told = said({"period": advised(refusal(path), "--period")})
    scan = scan_of(path, **told)
    is_planted(scan.sites[0].steps[0])
    assert scan.period == pytest.approx(0.01, rel=1e-9)
    assert any("data points are 10 ms apart" in words for words in scan.understood)


def test_the_period_that_is_asked_for_settles_it(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", (E, 1e9 * I), HEADS[1:])
    words = refusal(path)
    scan = scan_of(path, **said({"period": advised(words, "--period")}))
    is_planted(scan.sites[0].steps[0])
    assert scan.period == pytest.approx(0.01, rel=1e-9)


def two_sites(path: Path) -> Path:
    site = np.repeat([3.0, 8.0], 13)
    return table(path, (T, E, 1e9 * I, site), (*HEADS, "site"))


def test_places_that_are_asked_for_settle_them(tmp_path: Path) -> None:
    path = two_sites(tmp_path / "a.csv")
    words = refusal(path)
    assert 'where 2 sites ("3", "8") are' in words
    head = re.search(r'first line "([^"]*)"', words)
    assert head
    listed = tmp_path / "places.csv"
    listed.write_text(f"{head[1]}\n3, 1, 2\n8, -4, 5.5\n")
    scan = scan_of(path, **said({"places": str(listed)}))
    np.testing.assert_allclose([(s.x, s.y) for s in scan.sites], [(1e-6, 2e-6), (-4e-6, 5.5e-6)])


def test_a_place_that_is_missing_is_named(tmp_path: Path) -> None:
    words = refusal(two_sites(tmp_path / "a.csv"), places={"3": Place(0.0, 0.0)})
    assert 'where 1 site ("8")' in words


@pytest.mark.parametrize("kind", ["cv", "lsv", "constant potential"])
def test_a_kind_of_step_that_the_potential_contradicts_is_told(tmp_path: Path, kind: str) -> None:
    path = table(tmp_path / "a.csv", (T, 0 * E + 0.1, 1e9 * I))
    if kind == "constant potential":
        assert scan_of(path, steps=(kind,)).plan.sites()[0].segments[0].kind == kind
    else:
        words = refusal(path, steps=(kind,))
        assert f"is said to be a {kind}" in words
        assert shlex.split(words[words.index("--step") :])[1] == "constant potential"


def test_a_step_that_no_site_has_is_told_and_not_passed_over(tmp_path: Path) -> None:
    """Who says two steps of a file with one may have the wrong file, or the wrong order."""
    path, one = table(tmp_path / "a.csv", (T, 0 * E + 0.1, 1e9 * I)), "constant potential"
    words = refusal(path, steps=(one, "lsv"))
    assert "2 were said with --step, but no site has more than 1." in words
    assert len(scan_of(path, steps=(one,)).plan.sites()[0].segments) == 1


@pytest.mark.parametrize("bad", ["current", "=nA", "current=", "="])
def test_a_pair_is_two_names(capsys: pytest.CaptureFixture[str], bad: str) -> None:
    with pytest.raises((SystemExit, typer.Exit)):
        _pairs("--unit", [bad])
    told = capsys.readouterr()
    assert "must be two names" in " ".join((told.out + told.err).split())


def test_the_command_lists_what_is_open_one_a_line_whatever_a_file_is_called(
    tmp_path: Path,
) -> None:
    """A name may hold a new line: it begins no line of the answer."""
    path = table(tmp_path / "a\nb.csv", heads=("t (s)", "E (V)", "j"))
    done = CliRunner().invoke(app, ["import", str(path), "-o", str(tmp_path / "a.h5")])
    assert done.exit_code == 2
    first, *listed = done.output.splitlines()
    assert first.startswith("Error: ")
    assert r"a\nb.csv" in first
    assert len(listed) == 3
    assert all(line.startswith("  - ") and "--" in line for line in listed)
    assert not list(tmp_path.glob("*.h5"))


@pytest.mark.parametrize("ending", ["mpt", "DTA", "csv", "mat", "tiff", "tdms"])
def test_an_empty_file_is_called_empty_whatever_its_ending(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.touch()
    with pytest.raises(DataFileError, match=r"is empty\. Nothing was made"):
        import_file(path, tmp_path / "a.h5")
    assert not (tmp_path / "a.h5").exists()
