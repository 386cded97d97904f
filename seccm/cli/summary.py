"""What is in a data file, for a terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seccm.data import Scan
from seccm.events import Outcome
from seccm.units import show


def summary(scan: Scan) -> RenderableType:
    """Return the facts of a scan: what ran, how far it came, what it measured."""
    header, sites = scan.header, scan.sites
    counts = Counter(sites["status"].tolist())
    landed = int(sites["landed"].sum())
    title = Text(header.title, style="bold")
    if header.virtual:
        title = Text.assemble((" VIRTUAL ", "black on yellow"), " ", title)
    facts = Table.grid(padding=(0, 2))
    facts.add_row("file", str(scan.path))
    facts.add_row("state", _state(scan))
    facts.add_row("started", header.started_at)
    facts.add_row(
        "potentials", f"vs {header.reference}, offset {show(header.reference_offset, 'V')}"
    )
    facts.add_row("sites", f"{len(sites)}, {landed} landed")
    for code, count in sorted(counts.items()):
        facts.add_row("", f"{count} {Outcome(code).words}")
    if landed:
        worst = float(sites["overtravel"][sites["landed"] == 1].max())
        facts.add_row("overtravel", f"at most {show(worst, 'm', 3)}")
    names = ", ".join(column.name for column in scan.features)
    facts.add_row("features", names or "none")
    return Group(title, facts)


def _state(scan: Scan) -> str:
    left = len(scan.remaining())
    if scan.state == "running":
        return f"running, or its program was killed; {left} sites left"
    if left and scan.state != "complete":
        return f"{scan.state}; {left} sites left: seccm resume {scan.path}"
    return scan.state
