"""Small files as other programs write them, with numbers that the tests know."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

RATE, HALF, LIMIT = 0.1, 0.05, 1e-10


def swept(start: float = -0.25, vertex: float = 0.25, step: float = 0.002) -> np.ndarray:
    """The potentials of one cycle."""
    up = np.arange(start, vertex, step)
    return np.concatenate([up, np.arange(vertex, start - step / 2, -step)])


def wave(e: np.ndarray, half: float = HALF, limit: float = LIMIT) -> np.ndarray:
    """Steady oxidation of a reversible couple, amperes."""
    rng = np.random.default_rng(3)
    return limit / (1 + np.exp(-38.92 * (e - half))) + 2e-14 * rng.normal(size=e.size)


E = swept()
I = wave(E)  # noqa: E741
T = np.arange(E.size) * 0.002 / RATE


def biologic(path: Path, *, sequences: int = 1) -> Path:
    head = [
        "EC-Lab ASCII FILE", "Nb header lines : 9", "", "Cyclic Voltammetry", "",
        "Acquisition started on : 02/24/2026 13:59:27.245",
        "Reference electrode : Ag/AgCl / KCl (sat'd) (0.197 V)",
        "Electrode surface area : 0.001 cm²",
        "mode\tox/red\terror\ttime/s\tEwe/V\t<I>/mA\tcycle number\tNs",
    ]  # fmt: skip
    n = E.size // sequences
    rows = [
        f"2\t1\t0\t{t:.6E}\t{e:.7E}\t{i * 1e3:.7E}\t1\t{min(k // n, sequences - 1)}"
        for k, (t, e, i) in enumerate(zip(T, E, I, strict=True))
    ]
    path.write_bytes("\r\n".join([*head, *rows, ""]).encode("cp1252"))
    return path


def gamry(path: Path, *, tag: str = "CV") -> Path:
    head = [
        "EXPLAIN", f"TAG\t{tag}", "TITLE\tLABEL\tCyclic\tTest &Identifier",
        "DATE\tLABEL\t2/24/2026\tDate", "SCANRATE\tQUANT\t1.0E+002\tScan Rate (mV/s)",
    ]  # fmt: skip
    half = E.size // 2
    text = list(head)
    for number, rows in enumerate((slice(0, half), slice(half, None)), 1):
        t, e, i = T[rows], E[rows], I[rows]
        text += [
            f"CURVE{number}\tTABLE\t{t.size}",
            "\tPt\tT\tVf\tIm\tVu\tSig\tAch\tIERange\tOver",
            "\t#\ts\tV vs. Ref.\tA\tV\tV\tV\t#\tbits",
            *(
                f"\t{k}\t{a:.6E}\t{b:.7E}\t{c:.7E}\t0\t{b:.3E}\t0\t5\t..........a"
                for k, (a, b, c) in enumerate(zip(t, e, i, strict=True))
            ),
        ]
    path.write_text("\n".join([*text, ""]), encoding="cp1252")
    return path


def chi(path: Path, *, cathodic: bool = True) -> Path:
    sign = -1 if cathodic else 1
    head = [
        "Feb. 24, 2026   13:59:27", "Cyclic Voltammetry", "File: a.bin", "Data Source: Experiment",
        "Instrument Model:  CHI760E", "Header: ", "Note: ", "", "Init E (V) = -0.25",
        "High E (V) = 0.25", "Low E (V) = -0.25", "Init P/N = P", "Scan Rate (V/s) = 0.1",
        "Segment = 2", "Sample Interval (V) = 0.002", "Sensitivity (A/V) = 1e-9", "",
        "Potential/V, Current/A", "",
    ]  # fmt: skip
    rows = [f"{e:.3f}, {sign * i:.6e}" for e, i in zip(E, I, strict=True)]
    path.write_text("\n".join([*head, *rows, ""]))
    return path


def session(path: Path) -> Path:
    def array(name: str, unit: str, values: np.ndarray) -> dict[str, object]:
        return {
            "Type": "PalmSens.Data.DataArray",
            "Description": name,
            "Unit": {"Type": "PalmSens.Units", "S": unit},
            "DataValues": [{"V": float(v), "S": 0} for v in values],
        }

    values = [array("time", "s", T), array("potential", "V", E), array("current", "µA", I * 1e6)]
    content = {
        "Type": "PalmSens.DataFiles.SessionFile",
        "Measurements": [{"Title": "Cyclic Voltammetry", "DataSet": {"Values": values}}],
    }
    path.write_bytes((json.dumps(content, ensure_ascii=False) + "\ufeff").encode("utf-16"))
    return path


def pstrace_csv(path: Path) -> Path:
    rows = [f"{e:.6f},{i * 1e6:.8e}" for e, i in zip(E, I, strict=True)]
    head = ["Date and time:,2026-02-24 13:59:27", "Notes:,", "CV i vs E,", "V,µA"]
    path.write_bytes("\n".join([*head, *rows, ""]).encode("utf-16"))
    return path


def heka(path: Path, sites: int = 2) -> Path:
    """Tip down, open circuit, sweep, tip up: four series a site, of different periods."""
    from scipy.io import savemat

    traces: dict[str, np.ndarray] = {}
    rest = np.arange(20) * 0.1
    for site in range(sites):
        for k, (t, e, i) in enumerate(
            (
                (rest, 0 * rest, 0 * rest),
                (rest, 0.1 + 0.001 * rest, 0 * rest),
                (T, E, I * (site + 1)),
                (rest, 0 * rest, 0 * rest),
            )
        ):
            for channel, values in ((1, i), (2, e)):
                traces[f"Trace_1_{4 * site + k + 1}_1_{channel}"] = np.column_stack([t, values])
    savemat(path, traces)
    return path


def park(path: Path, *, unit: str = "nA", source: str = "Current") -> np.ndarray:
    """A map of 3 x 2 pixels; returns amperes, from the lowest row on."""
    import tifffile

    counts = np.array([[1, 2, 3], [-4, 5, 6]], "<i2")
    head = bytearray(580)
    struct.pack_into("<i", head, 0, 0)
    head[4:68] = source.encode("utf-16-le").ljust(64, b"\0")
    struct.pack_into("<ii", head, 100, 3, 2)
    struct.pack_into("<dd", head, 140, 20.0, 10.0)
    struct.pack_into("<d", head, 212, 0.2)
    struct.pack_into("<ddd", head, 220, 0.5, 1.0, 0.0)
    head[244:260] = unit.encode("utf-16-le").ljust(16, b"\0")
    tags = [
        (50432, "I", 1, 0x0E031301, True),
        (50434, "B", counts.nbytes, counts.tobytes(), True),
        (50435, "B", len(head), bytes(head), True),
    ]
    tifffile.imwrite(path, np.zeros((2, 3), np.uint8), extratags=tags)
    return counts * 0.5e-9


def park_curves(
    path: Path, points: int = 1, *, offset: float = 0.0, squared: int = 0, values: str = "<i4"
) -> np.ndarray:
    """Curves of current over bias at points, as Park's own package lays them out; the current of
    point k is k + 1 times that of the first. Returns amperes, shape (points, n)."""
    import tifffile

    scan = bytearray(580)
    struct.pack_into("<i", scan, 0, 2)
    head = bytearray(1208)
    channels = (("Sample Bias", "mV", 0.1, E * 1e4), ("Current", "pA", 1e-3, I * 1e15))
    for k, (name, unit, gain, _) in enumerate(channels):
        head[96 * k : 96 * k + 64] = name.encode("utf-16-le").ljust(64, b"\0")
        head[96 * k + 64 : 96 * k + 80] = unit.encode("utf-16-le").ljust(16, b"\0")
        struct.pack_into("<d", head, 96 * k + 80, gain)
        struct.pack_into("<d", head, 808 + 8 * k, offset * k)
    struct.pack_into("<i", head, 904, squared)
    struct.pack_into("<5i", head, 768, 2, 1, E.size, points, 0)
    struct.pack_into("<2f", head, 788, T[-1] / 2, T[-1] / 2)
    struct.pack_into("<i", head, 1108, {"<i2": 0, "<i4": 1, "<f4": 2}[values])
    for k in range(points):
        head += struct.pack("<3f", 1.5 * k, 2.5, 0.0)
    rows = [[channels[0][3], channels[1][3] * (k + 1)] for k in range(points)]
    data = np.rint(np.array(rows)).astype(values).tobytes()
    tags = [
        (50432, "I", 1, 0x0E031301, True),
        (50435, "B", len(scan), bytes(scan), True),
        (50438, "B", len(head), bytes(head), True),
        (50439, "B", len(data), data, True),
    ]
    tifffile.imwrite(path, np.zeros((2, 3), np.uint8), extratags=tags)
    return np.array([(k + 1) * I for k in range(points)])


DT, FIRST = 0.008195075, 0.118
CHANNELS = (
    "X (um)", "Y (um)", "Z (um)", "V1 (V)", "V2 (V)", "Current1 (A)", "Current 2 (A)",
    "Current 3 (A)", "FeedbackType ", "Line Number", "Lockin Amplitude", "Lockin  Phase", "dt(s)",
)  # fmt: skip


def stream(hops: int = 4) -> dict[str, np.ndarray]:
    """A stream of WEC-SPM: the last approach ends the file at its contact.

    A first approach of type 1 with waiting rows after its contact, then of type 2, whose contact
    is the last row; a hold and two sweeps; a retract; travel. The current is native: negative where
    it is anodic.
    """
    rows: list[tuple[float, ...]] = []
    e = swept(step=0.005)
    half = e.size // 2
    rng = np.random.default_rng(5)

    def add(hop: int, z: float, v: float, i: float, kind: float, line: float) -> None:
        noise = rng.normal() * 2e-13
        x, y = 10.0 + 5.0 * (hop % 2), 20.0 + 5.0 * (hop // 2)
        rows.append((x, y, z, v, 0.0, i + noise, 0.0, 0.0, kind, 23 * hop + line, -0.4, -200.0))

    for hop in range(hops):
        kind = 1.0 if hop == 0 else 2.0
        for k in range(30):
            add(hop, 50 - k, -0.25, 0.0, kind, 2)
        add(hop, 20 + hop, -0.25, -5e-9, kind, 2)
        if hop == 0:
            for _ in range(5):
                add(hop, 20 + hop, -0.25, -3e-9, kind, 2)
        if hop == hops - 1:
            break
        for _ in range(10):
            add(hop, 20 + hop, -0.25, 0.0, 0.0, 5)
        for k, v in enumerate(e):
            add(hop, 20 + hop, v, -float(wave(np.array([v]))[0]) * 50, 0.0, 7 if k < half else 9)
        for k in range(12):
            add(hop, 20 + hop + k, -0.25, 0.0, 3.0, 20)
        for _ in range(4):
            add(hop, 40, -0.25, 0.0, 0.0, 22)
    table = np.array(rows)
    dt = np.full(len(rows), DT)
    dt[0] = FIRST
    return dict(zip(CHANNELS, [*table.T, dt], strict=True))


def tdms(path: Path, channels: dict[str, np.ndarray] | None = None) -> Path:
    from nptdms import ChannelObject, GroupObject, RootObject, TdmsWriter

    with TdmsWriter(path) as writer:
        objects = [
            ChannelObject("Data", name, values, {"NI_ArrayColumn": k})
            for k, (name, values) in enumerate((channels or stream()).items())
        ]
        writer.write_segment([RootObject({"name": "test"}), GroupObject("Data"), *objects])
    return path


def tsv(path: Path, *, by_rows: bool = True) -> Path:
    channels = {name: v for name, v in stream().items() if name != "dt(s)"}
    if by_rows:
        lines = ["\t".join([name, *(f"{v:.9g}" for v in c)]) for name, c in channels.items()]
    else:
        lines = ["\t".join(channels)]
        lines += [
            "\t".join(f"{v:.9g}" for v in row) for row in zip(*channels.values(), strict=True)
        ]
    path.write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    path.with_suffix(".set").write_text(
        "# settings\nSample Time (us)\t10\nSamples per data point = 256\n"
    )
    return path


def echemtips(path: Path, *, polarity: str | None = "iupac", phases: bool = False) -> Path:
    names = ["elapsed_s", "x_um", "y_um", "z_um", "voltage1_v", "voltage2_v", "current1_na",
             "current2_na", "line_number", "scan_pixel"]  # fmt: skip
    names += ["measurement_phase"] if phases else []
    rows: list[list[float]] = []

    def add(pixel: float, z: float, v: float, i: float, phase: float) -> None:
        t = len(rows) * 0.01
        row = [t, 5.0 * max(pixel, 0), 0.0, z, v, 0.0, i * 1e9, 0.0, 1.0, pixel]
        rows.append([*row, phase] if phases else row)

    add(-1, 30, 0, 0, 0)
    for pixel in (0, 1):
        for k in range(20):
            add(pixel, 30 - k, -0.25, 0, 0)
        for v in swept(step=0.005):
            add(pixel, 10.0 + pixel, v, float(wave(np.array([v]))[0]), 2)
        for k in range(10):
            add(pixel, 11 + k, -0.25, 0, 0)
    add(-2, 30, 0, 0, 0)
    lines = [",".join(names), *(",".join(f"{v:.10g}" for v in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    pixels = [{"pixel": k, "row": 0, "column": k, "x_um": 5.0 * k, "y_um": 2.0} for k in (0, 1)]
    settings = {} if polarity is None else {"polarity_convention": polarity}
    about = {"schema": 2, "started_at": "2026-02-24T13:59:27", "status": "complete",
             "sample_count": len(rows), "csv_columns": names, "settings": settings,
             "scan_grid": {"pixels": pixels}}  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(about))
    return path


def table(
    path: Path, heads: Sequence[str] = ("t (s)", "E (V)", "I (nA)"), *, mark: str = ",",
    comma: bool = False, above: str = "",
) -> Path:  # fmt: skip
    rows = [f"{t:.5f}{mark}{e:.5f}{mark}{i * 1e9:.8f}" for t, e, i in zip(T, E, I, strict=True)]
    text = "\n".join([mark.join(heads), *rows, ""])
    path.write_text(above + (text.replace(".", ",") if comma else text))
    return path
