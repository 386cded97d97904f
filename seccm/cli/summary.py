"""What is in a data file, for a terminal."""

from __future__ import annotations

from collections import Counter

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seccm.cli.printing import facts, shown
from seccm.data import Scan
from seccm.data.journal import Code
from seccm.data.notes import told
from seccm.data.surroundings import surroundings
from seccm.events import Outcome
from seccm.report.study import Study
from seccm.report.tables import statistics as tabulated
from seccm.shell import command
from seccm.typography import counted
from seccm.units import show

CHECKED = 20_000_000
"""Samples that are checked in passing, which takes some seconds."""
_HEADS = ("condition", "n", "censored", "median", "mean ± sd", "median, all", "95 %", "note")


def summary(scan: Scan) -> RenderableType:
    """Return the facts of a scan: what ran, how far it came, what it measured."""
    header, sites = scan.header, scan.sites
    counts = Counter(sites["status"].tolist())
    landed = int(sites["landed"].sum())
    title = Text(shown(header.title), style="black on yellow" if header.virtual else "bold")
    rows: list[tuple[str, str | Text]] = []
    rows.append(("file", str(scan.path)))
    rows.append(("state", _state(scan)))
    if scan.newer:
        rows.append(("format", Text(scan.newer, style="yellow")))
    rows.append(("started", header.started))
    if header.origin:
        rows.append(("imported from", shown(header.origin)))
    offset = show(header.reference_offset, "V")
    rows.append(("potentials", f"vs {header.reference}, offset {offset}"))
    looked_for = not landed or np.isfinite(sites["z_contact"]).any()
    rows += [(name, shown(text)) for name, text in told(header.extra)]
    rows += [(one.signal.words, one.words) for one in surroundings(scan)]
    rows.append(("sites", f"{len(sites)}, {landed} {'with contact' if looked_for else 'measured'}"))
    for code, count in sorted(counts.items()):
        rows.append(("", f"{count} {Outcome(code).words}"))
    if landed and looked_for:
        worst = float(np.nanmax(sites["overtravel"][sites["landed"] == 1]))
        rows.append(("overtravel", f"at most {show(worst, 'm', 3)}"))
    names = ", ".join(column.name for column in scan.features)
    rows.append(("features", names or "none"))
    if scan.raw_channels:
        inputs = f"{len(scan.raw_channels)} inputs, {scan.raw_samples:,} of each"
        rows.append(("raw samples", f"{inputs}, {scan.raw_bytes / 1e6:.1f} MB"))
    if scan.samples > CHECKED:
        rows.append(("samples", "too many to check here; seccm report checks them"))
    else:
        rows += [("damaged", Text(shown(said), style="red")) for said in scan.check().values()]
        if scan.changed:
            rows.append(("changed", Text(scan.changed, style="yellow")))
    return Group(title, facts(rows))


def statistics(scan: Scan) -> RenderableType:
    """Return the statistics of every feature by condition, as the report has them."""
    tables: list[RenderableType] = []
    for feature in tabulated(Study(scan)):
        unit = feature.rows[0].scale.unit.replace("$^{-2}$", "⁻²")
        tables.append(Text(f"\n{shown(feature.title)}{f', {unit}' if unit else ''}", style="bold"))
        table = Table(box=None, pad_edge=False, header_style="dim")
        cells = list(zip(*(row.cells for row in feature.rows), strict=True))
        columns = [k for k, column in enumerate(cells) if any(column)]
        for k in columns:
            words = _HEADS[k] in ("condition", "note")
            table.add_column(
                _HEADS[k], no_wrap=_HEADS[k] != "note", justify="left" if words else "right"
            )
        for row in feature.rows:
            table.add_row(*(shown(row.cells[k]) for k in columns))
        tables.append(table)
    return Group(*tables) if tables else Text("No feature has a reliable value.")


def _paused(scan: Scan) -> str:
    """Return why a run waits; empty if it does not."""
    codes = scan.events["code"]
    turns = np.flatnonzero((codes == Code.PAUSED) | (codes == Code.RESUMED))
    if turns.size == 0 or codes[turns[-1]] == Code.RESUMED:
        return ""
    return str(scan.events["msg"][turns[-1]])


def _state(scan: Scan) -> str:
    left = len(scan.remaining())
    if scan.state == "running":
        paused = _paused(scan)
        waits = paused if paused.startswith("suspended: ") else f"paused: {paused}"
        doing = f"{waits} Attach with: seccm window" if paused else "running"
        return f"{doing}; {counted(left, 'site')} left"
    if left and scan.state != "complete":
        return (
            f"{scan.state}; {counted(left, 'site')} left: {command('seccm', 'resume', scan.path)}"
        )
    return scan.state
