"""Tables as text: CSV long, by site, of the sites; for ixdat; and the Battery Data Format."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from seccm.data import Scan
from seccm.errors import DataFileError
from seccm.exports.content import SiteColumn, facts, heads, measured, places, site_table
from seccm.exports.seam import Wanted, Writer


def long(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write one line for each data point of each site."""
    x, y = places(scan)
    named = heads(scan)
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["site", "x (m)", "y (m)", "condition", *named.values()])
        for trace, columns in measured(scan, wanted):
            first = (trace.number, _text(x[trace.number]), _text(y[trace.number]), trace.condition)
            writer.writerows((*first, *row) for row in _rows(columns.values()))


def by_site(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write a file for each site, and one that says where each is."""
    target.mkdir()
    named = heads(scan)
    for trace, columns in measured(scan, wanted):
        with open(_file(target, trace.number, ".csv"), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(named.values())
            writer.writerows(_rows(columns.values()))
    sites(scan, target / "sites.csv", wanted)


def sites(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write the table of sites: place, outcome, results."""
    with open(target, "w", newline="", encoding="utf-8") as file:
        write_sites(file, site_table(scan).values())


def write_sites(stream: TextIO, columns: Iterable[SiteColumn]) -> None:
    """Write a table of sites: names with units in the first line, then a line for each site.

    Args:
        stream: open for writing, with `newline=""`.
        columns: in SI, all of one length.
    """
    table = list(columns)
    writer = csv.writer(stream)
    writer.writerow(column.title for column in table)
    writer.writerows(_rows(column.values for column in table))


def ixdat(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write a file for each site as ixdat writes its own; currents in mA, anodic positive."""
    target.mkdir()
    start = _timestamp(scan.header.started_at)
    potential = "raw_potential / [V]"
    for trace, columns in measured(scan, wanted):
        names = ["time / [s]", potential, "raw_current / [mA]", "z / [m]", "step number"]
        head = [
            f"name = {_line(scan.header.title)}, site {trace.number}",
            "technique = CV",
            f"tstamp = {start + float(trace.record.t[0] - trace.t[0]):.6f}",
            "backend_name = seccm",
            f"id = {trace.number}",
            f"timecol '{names[0]}' for: " + " and ".join(f"'{name}'" for name in names[1:]),
            "aliases = "
            + json.dumps(
                {"t": [names[0]], "raw_potential": [potential], "raw_current": names[2:3]}
            ),
            f"reference = {_line(scan.header.reference)}",
            f"sign_convention = {facts(scan)['sign_convention']}",
        ]
        head.append(f"N_header_lines = {len(head) + 3}")
        step = columns["step"].astype(np.float64)
        values = (columns["t"], columns["E"], 1e3 * columns["I"], columns["z"], step)
        with open(_file(target, trace.number, ".csv"), "w", newline="\n", encoding="utf-8") as file:
            file.write("\n".join([*head, "", ",".join(names), ""]))
            file.writelines(",".join(row) + "\n" for row in _rows(values))


def bdf(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write a file for each site in the Battery Data Format, which counts charging as positive."""
    if not wanted.charging:
        raise DataFileError(
            f"{scan.path}: the Battery Data Format counts the current of charging as positive, and "
            "whether that is an oxidation depends on the electrode. Say --charging oxidation (a "
            "cathode material, such as LiMn2O4) or --charging reduction (lithium that is plated). "
            "Nothing was written."
        )
    sign = 1.0 if wanted.charging == "oxidation" else -1.0
    target.mkdir()
    head = ["Test Time / s", "Voltage / V", "Current / A"]
    for trace, columns in measured(scan, wanted):
        name = _file(target, trace.number, ".bdf.csv")
        with open(name, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            t = columns["t"] - columns["t"][0]
            writer.writerows(_rows((t, columns["E"], sign * columns["I"])))
    about = dict(facts(scan))
    about["sign_convention"] = (
        f"charging is positive; charging is {wanted.charging} of the working electrode, so that "
        f"currents are those of the data file{'' if sign > 0 else ' times -1'}"
    )
    (target / "about.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def _rows(columns: Iterable[Any]) -> Iterable[Sequence[str]]:
    """Yield rows of text; numbers so that reading gives the same number again."""
    return zip(*(list(map(_text, np.asarray(c).tolist())) for c in columns), strict=True)


def _text(value: Any) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)


def _line(words: str) -> str:
    """Return words in one line: the reader counts the lines of the head."""
    return " ".join(words.split())


def _file(folder: Path, number: int, suffix: str) -> Path:
    return folder / f"site_{number:04d}{suffix}"


def _timestamp(started_at: str) -> float:
    try:
        return datetime.fromisoformat(started_at).timestamp()
    except ValueError:
        return 0.0


WRITERS = (
    Writer("csv", "one table of all data points", ".csv", long),
    Writer("csv-by-site", "a folder with a table for each site", "", by_site),
    Writer("csv-sites", "the table of sites: places, outcomes, results", ".csv", sites),
    Writer("ixdat", "a folder with a file for each site, for ixdat", "", ixdat),
    Writer("bdf", "a folder with a file for each site, Battery Data Format", "", bdf),
)
