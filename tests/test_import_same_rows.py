"""One measurement is the same numbers in SI, whichever program wrote it and however."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from foreign_text import E, I, T, is_planted, refusal, scan_of, step_of, table

CATHODIC = {"sign": "cathodic positive"}


def rows(path: Path, head: Sequence[str], lines: Sequence[str], coding: str = "utf-8") -> Path:
    path.write_bytes("\n".join([*head, *lines, ""]).encode(coding))
    return path


def biologic(path: Path, current: np.ndarray = I) -> Path:
    head = ["EC-Lab ASCII FILE", "Nb header lines : 5", "", "Linear Sweep Voltammetry",
            "mode\ttime/s\tEwe/V\t<I>/mA"]  # fmt: skip
    three = zip(T, E, 1e3 * current, strict=True)
    return rows(path, head, [f"2\t{t:.6g}\t{e:.9g}\t{i:.12e}" for t, e, i in three], "cp1252")


def gamry(path: Path, current: np.ndarray = I) -> Path:
    head = ["EXPLAIN", "TAG\tLSV", f"CURVE\tTABLE\t{T.size}", "\tPt\tT\tVf\tIm\tOver",
            "\t#\ts\tV vs. Ref.\tA\tbits"]  # fmt: skip
    three = enumerate(zip(T, E, current, strict=True))
    return rows(path, head, [f"\t{k}\t{t}\t{e}\t{i:.12e}\t...a" for k, (t, e, i) in three])


def chi(path: Path, current: np.ndarray = I) -> Path:
    head = ["Linear Sweep Voltammetry", "Instrument Model:  CHI760E", "Scan Rate (V/s) = 0.1", "",
            "Potential/V, Current/A", ""]  # fmt: skip
    return rows(path, head, [f"{e}, {i:.12e}" for e, i in zip(E, current, strict=True)])


def pstrace(path: Path, current: np.ndarray = I) -> Path:
    head = ["Date and time:,2026-02-24 13:59:27", "LSV,", "V,µA"]
    two = zip(E, 1e6 * current, strict=True)
    return rows(path, head, [f"{e},{i:.12e}" for e, i in two], "utf-16")


def plain(path: Path, current: np.ndarray = I) -> Path:
    return table(path, (T, E, 1e9 * current))


def units_below(path: Path, current: np.ndarray = I) -> Path:
    """Ivium and others have the units in a line of their own."""
    head = ["t,E,I", "(s),[V],nA"]
    three = zip(T, E, 1e9 * current, strict=True)
    return rows(path, head, [f"{t},{e},{i:.12e}" for t, e, i in three])


WRITERS: list[tuple[str, Callable[..., Path], dict[str, object]]] = [
    ("a.mpt", biologic, {}),
    ("a.DTA", gamry, {}),
    ("a.txt", chi, {}),
    ("p.csv", pstrace, {"period": 0.2}),
    ("a.csv", plain, {}),
    ("u.csv", units_below, {}),
]


@pytest.mark.parametrize(("name", "write", "said"), WRITERS)
def test_the_numbers_are_those_that_were_measured(tmp_path: Path, name, write, said) -> None:
    scan = scan_of(write(tmp_path / name), **said)
    (step,) = scan.sites[0].steps
    is_planted(step)
    assert scan.period == pytest.approx(0.2, rel=1e-6)
    (segment,) = scan.plan.sites()[0].segments
    assert segment.kind == "lsv"


@pytest.mark.parametrize(("name", "write", "said"), WRITERS)
def test_the_other_sign_turns_the_current_and_nothing_else(
    tmp_path: Path, name, write, said
) -> None:
    scan = scan_of(write(tmp_path / name, -I), **said, **CATHODIC)
    is_planted(scan.sites[0].steps[0])
    assert any("turned round to anodic positive" in words for words in scan.understood)
    as_it_is = step_of(tmp_path / name, **said)
    np.testing.assert_array_equal(as_it_is.current, -scan.sites[0].steps[0].current)


@pytest.mark.parametrize(("name", "write", "said"), WRITERS)
@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_ends_of_lines_change_nothing(tmp_path: Path, name, write, said, end: bytes) -> None:
    path = write(tmp_path / name)
    if name != "p.csv":
        path.write_bytes(path.read_bytes().replace(b"\n", end))
    else:
        text = path.read_bytes().decode("utf-16")
        path.write_bytes(text.replace("\n", end.decode()).encode("utf-16"))
    is_planted(step_of(path, **said))


@pytest.mark.parametrize(("name", "write", "said"), WRITERS)
@pytest.mark.parametrize("after", ["", "\n\n\n"])
def test_how_a_file_ends_changes_nothing(tmp_path: Path, name, write, said, after: str) -> None:
    coding = "utf-16" if name == "p.csv" else "cp1252" if name == "a.mpt" else "utf-8"
    path = write(tmp_path / name)
    text = path.read_bytes().decode(coding)
    path.write_bytes((text.rstrip("\n") + after).encode(coding))
    is_planted(step_of(path, **said))


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 0, 2), (2, 1, 0)])
def test_columns_are_found_by_their_names_in_any_order(tmp_path: Path, order) -> None:
    columns, heads = (T, E, 1e9 * I), ("t (s)", "E (V)", "I (nA)")
    path = table(tmp_path / "a.csv", [columns[k] for k in order], [heads[k] for k in order])
    is_planted(step_of(path))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_what_stands_between_cells_is_seen(tmp_path: Path, mark: str) -> None:
    is_planted(step_of(table(tmp_path / "a.csv", mark=mark)))


@pytest.mark.parametrize(
    ("unit", "scale"), [("A", 1), ("mA", 1e3), ("µA", 1e6), ("uA", 1e6), ("nA", 1e9), ("pA", 1e12)]
)
def test_the_unit_of_the_head_holds(tmp_path: Path, unit: str, scale: float) -> None:
    path = table(tmp_path / "a.csv", (T, E, scale * I), ("t (s)", "E (V)", f"I ({unit})"))
    is_planted(step_of(path))
    bare = table(tmp_path / "b.csv", (T, E, scale * I), ("t (s)", "E (V)", "I"))
    is_planted(step_of(bare, units={"current": unit}))


@pytest.mark.parametrize("name", ["current", "I", "I (A)", " i", "i(a)"])
def test_a_unit_that_is_said_comes_before_that_of_the_file(tmp_path: Path, name: str) -> None:
    """By quantity, by name or by title: none of them is passed over without a word."""
    path = table(tmp_path / "a.csv", (T, E, 1e9 * I), ("t (s)", "E (V)", "I (A)"))
    is_planted(step_of(path, units={name: "nA"}))


def test_a_unit_of_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", (T, E, 1e9 * I), ("t (s)", "E (V)", "I (A)"))
    words = refusal(path, units={"Strom": "nA"})
    assert 'there is no column "Strom" for the unit "nA"' in words
    assert '"I (A)"' in words


@pytest.mark.parametrize(
    ("unit", "scale"), [("m", 1.0), ("mm", 1e3), ("µm", 1e6), ("um", 1e6), ("nm", 1e9)]
)
def test_places_are_metres_whatever_the_table_has(tmp_path: Path, unit: str, scale) -> None:
    x = np.repeat([0.0, 5e-6], 13)
    columns = (T, E, 1e9 * I, scale * x, scale * (2 * x - 1e-6), 0 * x + scale * 7e-6)
    heads = ("t (s)", "E (V)", "I (nA)", f"x ({unit})", f"y ({unit})", f"z ({unit})")
    scan = scan_of(table(tmp_path / "a.csv", columns, heads))
    np.testing.assert_allclose([s.x for s in scan.sites], [0.0, 5e-6], atol=1e-15)
    np.testing.assert_allclose([s.y for s in scan.sites], [-1e-6, 9e-6], atol=1e-15)
    np.testing.assert_allclose([s.z for s in scan.sites], 7e-6, rtol=1e-9)


def test_large_numbers_of_sites_are_told_apart(tmp_path: Path) -> None:
    """They are numbers of an instrument that counts on for years."""
    site = np.repeat([1000001.0, 1000002.0], 13)
    columns = (T, E, 1e9 * I, site, 1e-6 * site)
    path = table(tmp_path / "a.csv", columns, ("t (s)", "E (V)", "I (nA)", "site", "x (m)"))
    words = refusal(path)
    assert '"1000001", "1000002"' in words


@pytest.mark.parametrize(("name", "write", "said"), WRITERS)
def test_how_a_file_was_understood_is_said(tmp_path: Path, name, write, said) -> None:
    told = "; ".join(scan_of(write(tmp_path / name), **said).understood)
    assert 'potential from "' in told
    assert 'current from "' in told
    assert "anodic positive" in told
    assert "lsv from -0.2 to 0.3 V at 100 mV/s" in told
