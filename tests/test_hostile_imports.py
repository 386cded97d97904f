"""Files of other programs that are cut, in another encoding, or no numbers, are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import made_recordings as made
import numpy as np
import pytest

import seccm
from seccm.readers.said import Said

SAID = Said(sign="anodic positive", footprint=2e-6)
TEXTS: tuple[tuple[str, Callable[[Path], Path]], ...] = (
    ("a.mpt", made.biologic),
    ("a.DTA", made.gamry),
    ("chi.txt", made.chi),
    ("a.csv", made.table),
    ("e.csv", made.echemtips),
    ("a.tsv", made.tsv),
)
BINARIES: tuple[tuple[str, Callable[[Path], object]], ...] = (
    ("a.tdms", made.tdms),
    ("a.mat", made.heka),
    ("a.pssession", made.session),
    ("a.tiff", made.park),
    ("curves.tiff", made.park_curves),
)


def refusal(path: Path, said: Said = SAID) -> str:
    with pytest.raises(seccm.DataFileError) as refused:
        seccm.import_file(path, said=said)
    assert not list(path.parent.glob("*.h5"))
    words = str(refused.value)
    assert str(path.parent) in words
    assert "othing was made" in words or "no installed reader" in words
    return words


def changed(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


@pytest.mark.parametrize(("name", "write"), TEXTS)
def test_a_line_that_is_cut_is_told_of(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    path = changed(write(tmp_path / name), lambda b: b[: b.rstrip().rfind(b"\n") + 4])
    assert "cut" in refusal(path)


@pytest.mark.parametrize(("name", "write"), [*TEXTS, *BINARIES])
@pytest.mark.parametrize("part", [0.0, 0.4])
def test_half_a_file_is_no_file(
    tmp_path: Path, name: str, write: Callable[[Path], object], part: float
) -> None:
    """Cut in a line or a block, wherever that is: never half of the numbers without a word."""
    write(tmp_path / name)
    path = changed(tmp_path / name, lambda b: b[: int(len(b) * part)].rstrip(b"\r\n") + b"\n9.9")
    refusal(path)


@pytest.mark.parametrize(("name", "write"), TEXTS)
@pytest.mark.parametrize("word", [b"NaN", b"abc", b""])
def test_what_is_no_number_is_told_with_its_line(
    tmp_path: Path, name: str, write: Callable[[Path], Path], word: bytes
) -> None:
    def spoil(content: bytes) -> bytes:
        lines = content.split(b"\n")
        k = next(k for k in range(len(lines) - 10, 0, -1) if lines[k].strip())
        mark = b"\t" if b"\t" in lines[k] else b","
        cells = lines[k].split(mark)
        place = 3 if name == "a.DTA" else 1
        cells[place] = word
        lines[k] = mark.join(cells)
        return b"\n".join(lines)

    words = refusal(changed(write(tmp_path / name), spoil))
    assert "line" in words or "channel" in words or "not a number" in words


def test_a_decimal_comma_is_told_with_the_option_for_it(tmp_path: Path) -> None:
    words = refusal(made.table(tmp_path / "a.csv", mark=";", comma=True))
    assert "--decimal comma" in words


def test_another_encoding_is_told(tmp_path: Path) -> None:
    path = made.table(tmp_path / "a.csv", ("t (s)", "E (V)", "I (µA)"))
    changed(path, lambda b: b.decode().encode("latin-1"))
    assert "UTF-8" in refusal(path)
    changed(path, lambda b: b.decode("latin-1").encode("utf-16"))
    said = Said(sign="anodic positive", footprint=2e-6)
    with seccm.open(seccm.import_file(path, said=said)) as scan:
        assert scan.steps["size"].tolist() == [made.E.size]


def test_two_columns_of_one_name_are_told(tmp_path: Path) -> None:
    path = made.table(tmp_path / "a.csv", ("t (s)", "E (V)", "E (V)"))
    assert '2 columns called "E"' in refusal(path)


def test_times_that_go_back_are_told(tmp_path: Path) -> None:
    path = made.table(tmp_path / "a.csv")
    lines = path.read_text().split("\n")
    lines[20], lines[21] = lines[21], lines[20]
    path.write_text("\n".join(lines))
    words = refusal(path)
    assert "not later" in words
    assert "--period" in words


def test_a_cut_file_can_be_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    path = changed(made.gamry(tmp_path / "a.DTA"), lambda b: b[: b.rstrip().rfind(b"\n") + 4])
    said = Said(sign="anodic positive", footprint=2e-6, incomplete=True)
    with seccm.open(seccm.import_file(path, said=said)) as scan:
        assert scan.steps["size"][0] == made.E.size - 1


def test_channels_that_are_not_known_are_named(tmp_path: Path) -> None:
    channels = made.stream()
    channels["AI1"] = np.zeros(channels["X (um)"].size)
    assert "AI1" in refusal(made.tdms(tmp_path / "a.tdms", channels))


def test_channels_of_different_lengths_are_a_cut_file(tmp_path: Path) -> None:
    channels = made.stream()
    channels["Z (um)"] = channels["Z (um)"][:-5]
    assert "cut" in refusal(made.tdms(tmp_path / "a.tdms", channels))


def test_sites_with_other_steps_are_refused(tmp_path: Path) -> None:
    lines = ["t (s), x (um), y (um), E (V), I (nA)"]
    lines += [f"{k * 0.1}, 0, 0, {k * 0.01}, 1" for k in range(20)]
    lines += [f"{k * 0.1}, 5, 0, 0.1, 1" for k in range(20)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    assert "files of their own" in refusal(path)


@pytest.mark.parametrize(
    ("kept", "words"), [({"offset": 3.0}, "an offset of 3"), ({"squared": 1}, "squares")]
)
def test_curves_of_park_with_a_scale_that_is_not_known(
    tmp_path: Path, kept: dict[str, float], words: str
) -> None:
    made.park_curves(tmp_path / "a.tiff", **kept)  # type: ignore[arg-type]
    said = refusal(tmp_path / "a.tiff")
    assert words in said
    assert "as text" in said


@pytest.mark.parametrize(("name", "write"), [one for one in TEXTS if one[0] != "a.DTA"])
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_number_that_loses_its_end_is_not_another_number(
    tmp_path: Path, name: str, write: Callable[[Path], Path], lost: int
) -> None:
    """-2.5e-10 that is cut to -2.5e-1 would be a current of a quarter of an ampere. In files of
    Gamry the last cells are letters of status: their numbers stay whole."""
    path = write(tmp_path / name)
    whole = path.read_bytes().rstrip()
    path.write_bytes(whole[:-lost])
    words = refusal(path)
    assert "cut" in words or "not a number" in words


def test_a_table_of_gamry_whose_name_is_damaged_is_not_passed_over(tmp_path: Path) -> None:
    path = changed(made.gamry(tmp_path / "a.DTA"), lambda b: b.replace(b"CURVE2\t", b"CURVF2\t"))
    assert b"CURVF2" in path.read_bytes()
    assert "no line that names the table" in refusal(path)


def test_what_tifffile_finds_is_told_in_a_sentence_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made.park(tmp_path / "a.tiff")
    changed(tmp_path / "a.tiff", lambda b: b[: len(b) // 2])
    refusal(tmp_path / "a.tiff")
    assert not caplog.records


@pytest.mark.parametrize("unit", ["nm", ""])
def test_a_height_map_has_no_measurement(tmp_path: Path, unit: str) -> None:
    made.park(tmp_path / "a.tiff", unit=unit, source="Topography")
    assert "no map of a current" in refusal(tmp_path / "a.tiff")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "is empty"),
        ("file, x, y\na.mpt, 1, 2\n", "has no unit"),
        ("name, x (um), y (um)\n", "its first line"),
        ("file, x (um), y (um)\na.mpt, 1\n", "line 2 has 2 values"),
        ("file, x (um), y (um)\na.mpt, 1, nan\n", "not a number"),
        ("file, x (um), y (um)\na.mpt, 1, 2\na.mpt, 1, 2\n", "a second time"),
        ("file, x (um), y (um)\nb.mpt, 1, 2\n", 'no file "b.mpt"'),
    ],
)
def test_a_table_of_places_that_is_wrong_is_told(tmp_path: Path, table: str, words: str) -> None:
    folder = tmp_path / "map"
    folder.mkdir()
    made.biologic(folder / "a.mpt")
    (folder / "places.csv").write_text(table)
    assert words in refusal(folder)


@pytest.mark.parametrize(("name", "write"), BINARIES)
def test_a_library_says_nothing_beside_the_sentence(
    tmp_path: Path, name: str, write: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    """Wherever a file is cut: nptdms would print whole binary blocks."""
    write(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    for part in (0.01, 0.1, 0.5, 0.9):
        (tmp_path / name).write_bytes(whole[: int(len(whole) * part)])
        refusal(tmp_path / name)
    assert capfd.readouterr() == ("", "")
