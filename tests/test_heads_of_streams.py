"""Streams and maps of scanning microscopes: what is a hop, a landing, a point, or damaged."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seccm.errors import DataFileError
from seccm.readers import echemtips, park, park_curves, wec_spm
from seccm.readers.recording import Recording, Trace
from seccm.readers.said import Said

HERE = Path("map.tiff")


def refused(act: Any, *args: Any) -> str:
    with pytest.raises(DataFileError, match="Nothing was made") as caught:
        act(*args)
    return str(caught.value)


# ------------------------------------------------------------------ maps of Park


def head_of_map(
    columns: int = 3,
    rows: int = 2,
    *,
    gain: float = 0.5,
    offset: float = 0.0,
    width: float = 4.0,
    height: float = 3.0,
    bias: float = -0.3,
    kind: int = 0,
    category: int = 0,
    unit: str = "nA",
) -> bytes:
    head = bytearray(320)
    struct.pack_into("<i", head, 0, category)
    head[4:20] = "Current\0".encode("utf-16-le")
    struct.pack_into("<ii", head, 100, columns, rows)
    struct.pack_into("<dd", head, 140, width, height)
    struct.pack_into("<dd", head, 212, bias, gain)
    struct.pack_into("<d", head, 236, offset)
    said = f"{unit}\0".encode("utf-16-le")
    head[244 : 244 + len(said)] = said
    struct.pack_into("<i", head, 312, kind)
    return bytes(head)


def counts(kind: int = 0, count: int = 6) -> bytes:
    return np.arange(-2, count - 2).astype(park_curves.TYPES[kind]).tobytes()


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("gain", [0.5, -2.0])
@pytest.mark.parametrize("offset", [0.0, 10.0, math.nan])
def test_values_of_a_map_are_counts_by_gain_and_offset(kind: int, gain: float, offset: float):
    head = head_of_map(gain=gain, offset=offset, kind=kind)
    image = park.image_of(HERE, head, counts(kind))
    expected = gain * np.arange(-2.0, 4.0) + (0.0 if math.isnan(offset) else offset)
    assert image.values.tolist() == expected.reshape(2, 3).tolist()
    assert (image.source, image.unit) == ("Current", "nA")


def test_a_map_is_as_large_as_its_head_says():
    image = park.image_of(HERE, head_of_map(), counts())
    assert (image.width, image.height) == pytest.approx((4e-6, 3e-6))
    assert image.bias == -0.3
    assert image.values.shape == (2, 3)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        head_of_map()[:283],
        head_of_map(0, 2),
        head_of_map(-3, -2),
        head_of_map(3, 3),
        head_of_map(2, 2),
        head_of_map(1 << 15, 2),
        head_of_map(kind=1),
        head_of_map(width=0.0),
        head_of_map(height=-1.0),
        head_of_map(width=math.nan),
        head_of_map(gain=math.inf),
        head_of_map(category=1),
        head_of_map(category=77),
    ],
)
def test_a_head_that_does_not_fit_its_map_is_refused(head: bytes):
    refused(park.image_of, HERE, head, counts())


@pytest.mark.parametrize("size", [0, 1, 11, 13, 24])
def test_a_map_of_another_size_than_its_head_says_is_cut(size: int):
    said = refused(park.image_of, HERE, head_of_map(), (counts() * 3)[:size])
    assert "3 x 2 pixels" in said
    assert "cut" in said


# ------------------------------------------------------------------ curves of Park


def head_of_curves(
    channels: Sequence[tuple[str, str, float]] = (("Bias", "V", 0.1), ("Current", "nA", 2.0)),
    size: int = 4,
    points: int = 3,
    *,
    kind: int = 0,
    seconds: tuple[float, float] = (1.0, 1.0),
    **wrong: float,
) -> bytes:
    head = bytearray(1208 + 12 * points)
    for k, (name, unit, gain) in enumerate(channels):
        for at, text in ((96 * k, name), (96 * k + 64, unit)):
            written = f"{text}\0".encode("utf-16-le")
            head[at : at + len(written)] = written
        struct.pack_into("<d", head, 96 * k + 80, gain)
    struct.pack_into("<4i", head, 768, len(channels), 0, size, points)
    struct.pack_into("<2f", head, 788, *seconds)
    struct.pack_into("<i", head, 1108, kind)
    for k in range(points):
        struct.pack_into("<2f", head, 1208 + 12 * k, k, -k)
    if "offset" in wrong:
        struct.pack_into("<d", head, 808, wrong["offset"])
    for name, at in (("log", 872), ("squared", 904)):
        if name in wrong:
            struct.pack_into("<i", head, at, int(wrong[name]))
    return bytes(head)


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("points", [1, 3])
def test_each_point_has_each_channel_in_its_unit(kind: int, points: int):
    numbers = np.arange(points * 2 * 4)
    data = numbers.astype(park_curves.TYPES[kind]).tobytes()
    made = park_curves.recording_of(HERE, head_of_curves(points=points, kind=kind), data)
    counted = numbers.reshape(points, 2, 4)
    assert [part.site for part in made.parts] == [str(k + 1) for k in range(points)]
    for k, part in enumerate(made.parts):
        bias, current = part.columns
        assert bias.values == pytest.approx(0.1 * counted[k, 0])
        assert current.values == pytest.approx(2.0 * counted[k, 1])
        assert (bias.quantity, current.quantity) == ("potential", "current")
        assert (bias.unit, current.unit) == ("V", "nA")


def test_the_time_there_and_back_is_shared_out_among_the_data_points():
    data = bytes(2 * 3 * 2 * 4)
    made = park_curves.recording_of(HERE, head_of_curves(seconds=(1.5, 0.5)), data)
    assert {part.period for part in made.parts} == {0.5}
    unknown = park_curves.recording_of(HERE, head_of_curves(seconds=(0.0, 0.0)), data)
    assert all(math.isnan(part.period) for part in unknown.parts)


@pytest.mark.parametrize(
    ("unit", "quantity"),
    [("V", "potential"), ("mV", "potential"), ("pA", "current"), ("s", "time"), ("um", None),
     ("", None)],
)  # fmt: skip
def test_a_channel_is_what_its_unit_measures_and_a_length_is_of_no_axis(unit, quantity):
    head = head_of_curves([("any", unit, 1.0)], points=1)
    made = park_curves.recording_of(HERE, head, bytes(8))
    assert made.parts[0].columns[0].quantity == quantity


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"offset": 1e-3}, "offset of 0.001"),
        ({"log": 1}, "logarithms"),
        ({"squared": 1}, "squares"),
        ({"kind": 9}, "type 9"),
        ({"size": 5}, "cut"),
        ({"size": 0}, "cut"),
        ({"points": 4}, "cut"),
        ({"channels": (("a", "V", 0.0), ("b", "A", 1.0))}, "gain 0"),
        ({"channels": (("a", "V", math.nan), ("b", "A", 1.0))}, "gain nan"),
        ({"channels": (("a", "V", 1.0),) * 9}, "cut"),
    ],
)
def test_what_is_not_known_of_curves_is_refused_and_not_guessed(wrong: dict[str, Any], words: str):
    given = {"points": 3, **wrong}
    assert words in refused(
        park_curves.recording_of, HERE, head_of_curves(**given), bytes(2 * 3 * 2 * 4)
    )


def test_a_head_of_curves_that_is_cut_is_told():
    assert "cut" in refused(park_curves.recording_of, HERE, head_of_curves()[:1000], bytes(48))
    # One place is missing at its end.
    assert "cut" in refused(park_curves.recording_of, HERE, head_of_curves()[:-1], bytes(48))


def test_a_text_of_a_head_ends_at_its_first_zero():
    head = "ab\0cd".encode("utf-16-le")
    assert park_curves.text(head, 0, 10) == "ab"
    assert park_curves.text(head, 6, 4) == "cd"
    assert park_curves.text(head, 10, 4) == ""


# ------------------------------------------------------------------ streams of WEC-SPM

REST, COMES, GOES = 0.0, 2.0, 3.0


def stream(*spans: tuple[float, int, float, float], line: Sequence[float] = ()) -> Trace:
    """A stream of spans: what the tip does, rows, current and height in the last row."""
    feedback = np.concatenate([np.full(count, kind) for kind, count, _, _ in spans])
    current, z = np.zeros(feedback.size), np.zeros(feedback.size)
    row = 0
    for _, count, ends, height in spans:
        row += count
        current[row - 1] = ends
        z[row - count : row] = height
    t = 0.01 * np.arange(feedback.size)
    numbers = np.array(line, float) if len(line) else np.zeros(feedback.size)
    return Trace(
        t,
        0.1 + 0 * t,
        current,
        1e-6 * np.arange(t.size),
        -1e-6 * np.arange(t.size),
        z,
        {"feedbacktype": feedback, "linenumber": numbers},
    )


HOP = ((COMES, 10, 5e-9, 7e-6), (REST, 8, 0.0, 7e-6), (GOES, 4, 0.0, 9e-6))


@pytest.mark.parametrize("hops", [1, 2, 4])
def test_each_approach_is_a_visit_with_what_follows_until_it_goes_up(hops: int):
    visits = wec_spm.divide(stream(*HOP * hops))
    assert [visit.site for visit in visits] == [str(k) for k in range(hops)]
    for k, visit in enumerate(visits):
        ((_, step),) = visit.steps
        assert step.t.size == 8
        assert visit.z == 7e-6
        assert visit.x == pytest.approx((22 * k + 9) * 1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_contact_is_a_jump_in_either_direction(sign: float):
    (visit,) = wec_spm.divide(stream((COMES, 10, sign * 5e-9, 7e-6), *HOP[1:]))
    assert visit.steps
    assert visit.z == 7e-6


def test_an_approach_without_contact_has_a_place_and_nothing_else():
    first, second = wec_spm.divide(stream((COMES, 10, 0.0, 1e-6), (GOES, 3, 0.0, 5e-6), *HOP))
    assert first.steps == ()
    assert math.isnan(first.z)
    assert math.isfinite(first.x)
    assert second.steps


def test_an_approach_that_ends_the_file_at_its_contact_has_no_steps():
    (visit,) = wec_spm.divide(stream(HOP[0]))
    assert visit.steps == ()
    assert visit.z == 7e-6


def test_a_hop_without_a_retract_lasts_until_the_next_approach():
    first, second = wec_spm.divide(stream(*HOP[:2], *HOP))
    assert [step.t.size for _, step in first.steps] == [8]
    assert [step.t.size for _, step in second.steps] == [8]


def test_a_stream_in_which_nothing_approaches_has_no_visits():
    assert list(wec_spm.divide(stream((REST, 20, 0.0, 0.0)))) == []
    assert list(wec_spm.divide(stream((GOES, 5, 0.0, 0.0)))) == []


def channels(**others: np.ndarray) -> dict[str, np.ndarray]:
    rows = 12
    usual = {
        "X (um)": np.zeros(rows), "Y (um)": np.zeros(rows), "Z (um)": np.zeros(rows),
        "V1 (V)": np.zeros(rows), "Current 1 (A)": np.zeros(rows),
        "FeedbackType": np.zeros(rows), "Line Number": np.zeros(rows),
    }  # fmt: skip
    return {**usual, **others}


def text_file(path: Path, made: dict[str, np.ndarray]) -> Path:
    lines = ["\t".join([name, *(f"{v:.9g}" for v in column)]) for name, column in made.items()]
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return path


def recorded(path: Path, made: dict[str, np.ndarray]) -> Recording:
    return wec_spm.read_text(text_file(path, made), Said())


@pytest.mark.parametrize(
    ("lines", "period"),
    [
        (("Sample Time (us)\t10", "Samples per data point = 256"), 2.57e-3),
        (("Sample rate (Hz) = 100000", "Samples per data point\t256"), 2.57e-3),
        (("# Sample Time (us)\t99", "Sample Time (us)\t10", "Samples per data point = 1"), 2e-5),
        (("Samples per data point = 256",), math.nan),
        (("Sample rate (Hz) = 0", "Samples per data point = 256"), math.nan),
        (("Sample rate (Hz) = often", "Samples per data point = 256"), math.nan),
        ((), math.nan),
    ],
)
def test_the_period_is_that_of_the_settings_beside_or_not_known(tmp_path, lines, period):
    path = text_file(tmp_path / "a.tsv", channels())
    if lines:
        path.with_suffix(".set").write_text("\n".join(lines) + "\n")
    (part,) = wec_spm.read_text(path, Said()).parts
    assert part.period == pytest.approx(period, nan_ok=True)


def test_intervals_before_rows_are_times_that_begin_at_zero(tmp_path: Path):
    dt = np.array([7.0, *[0.5] * 5, *[0.25] * 6])
    (part,) = recorded(tmp_path / "a.tsv", channels(**{"dt(s)": dt})).parts
    (t,) = (c.values for c in part.columns if c.quantity == "time")
    assert t[0] == 0.0
    assert np.diff(t).tolist() == dt[1:].tolist()


@pytest.mark.parametrize("missing", ["FeedbackType", "Line Number"])
def test_without_what_the_tip_did_nothing_can_be_divided(tmp_path: Path, missing: str):
    made = channels()
    del made[missing]
    assert "FeedbackType and Line Number" in refused(recorded, tmp_path / "a.tsv", made)


def test_a_channel_that_nobody_knows_is_named_with_those_that_are_known(tmp_path: Path):
    said = refused(recorded, tmp_path / "a.tsv", channels(**{"Temperature (K)": np.zeros(12)}))
    assert "Temperature (K)" in said
    assert "current1(a)" in said


# ------------------------------------------------------------------ eChemTips


NAMES = ("elapsed_s", "x_um", "y_um", "z_um", "voltage1_v", "current1_na", "scan_pixel")


def recording(path: Path, rows: Sequence[Sequence[float]], names=NAMES, **about: Any) -> Path:
    lines = [",".join(names), *(",".join(f"{v:.9g}" for v in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    path.with_suffix(".json").write_text(json.dumps(about))
    return path


ROWS = [(0.01 * k, 5.0, 6.0, 10.0, 0.1, 1.0, 0.0) for k in range(6)]


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        ("iupac", "anodic positive"), ("IUPAC", "anodic positive"), ("us", "cathodic positive"),
        ("anodic_positive", "anodic positive"), ("cathodic_positive", "cathodic positive"),
        ("whatever", None), (None, None),
    ],
)  # fmt: skip
def test_the_sign_is_that_of_the_settings_or_is_asked_for(tmp_path: Path, said, sign):
    settings = {} if said is None else {"settings": {"polarity_convention": said}}
    assert echemtips.read(recording(tmp_path / "a.csv", ROWS, **settings), Said()).sign == sign


def test_columns_of_echemtips_are_in_the_units_of_their_names(tmp_path: Path):
    (part,) = echemtips.read(recording(tmp_path / "a.csv", ROWS), Said()).parts
    units = {c.quantity: c.unit for c in part.columns if c.quantity is not None}
    assert units == {
        "time": "s", "x": "um", "y": "um", "z": "um", "potential": "V", "current": "nA",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"sample_count": 7}, "cut"),
        ({"csv_columns": ["elapsed_s", "z_um"]}, "its JSON file says"),
    ],
)
def test_a_csv_that_is_not_what_its_json_says_is_refused(tmp_path: Path, about, words: str):
    assert words in refused(echemtips.read, recording(tmp_path / "a.csv", ROWS, **about), Said())


def test_a_cut_recording_can_be_taken_as_far_as_it_goes(tmp_path: Path):
    path = recording(tmp_path / "a.csv", ROWS, sample_count=99)
    (part,) = echemtips.read(path, Said(incomplete=True)).parts
    assert part.columns[0].values.size == len(ROWS)


@pytest.mark.parametrize("content", [None, "{", "[1]", '"x"', ""])
def test_a_recording_needs_the_json_beside_it(tmp_path: Path, content: str | None):
    path = recording(tmp_path / "a.csv", ROWS)
    beside = path.with_suffix(".json")
    if content is None:
        beside.unlink()
    else:
        beside.write_text(content)
    assert "a.json" in refused(echemtips.read, path, Said())


def test_one_recording_without_pixels_is_told_how_it_can_be_imported(tmp_path: Path):
    path = recording(tmp_path / "a.csv", [row[:-1] for row in ROWS], NAMES[:-1])
    assert '--reader "a plain table"' in refused(echemtips.read, path, Said())


@pytest.mark.parametrize(("status", "said"), [("complete", 0), (None, 0), ("aborted", 1)])
def test_a_recording_that_was_broken_off_says_so(tmp_path: Path, status, said: int):
    about = {} if status is None else {"status": status}
    notes = echemtips.read(recording(tmp_path / "a.csv", ROWS, **about), Said()).notes
    assert len(notes) == said
    assert all("aborted" in note for note in notes)


@pytest.mark.parametrize("at", ["", "soon", None])
def test_a_start_that_cannot_be_read_is_not_known(tmp_path: Path, at):
    path = recording(tmp_path / "a.csv", ROWS, started_at=at)
    assert echemtips.read(path, Said()).started_at == ""
