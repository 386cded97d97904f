"""A whole run with a contact of somebody else, in a program of its own, and all who read its file.

Args: kind of contact, folder. The kinds come from the installed package next to this file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import seccm
from seccm.plan.contacts import KINDS
from seccm.report import style, write_report
from ui.models.descent import Way, descent_of
from ui.models.scan_file import ScanFile

CONTACTS = {
    "lock-in": {"kind": "lock-in", "rise": "2 pA"},
    "band": {"kind": "band", "width": "5 pA"},
}
RIG = """
kind = "virtual"
name = "with lock-in"
[signals.amplitude]
unit = "A"
words = "lock-in amplitude"
watchable = true
follows = "current"
factor = 0.5
noise = 1e-14
"""


def plan(kind: str, columns: int = 2) -> seccm.Plan:
    """A few short sites over a resistor."""
    return seccm.Plan.from_dict(
        {
            "title": "foreign",
            "sample": "dummy-resistor",
            "reference": {
                "name": "Ag", "electrode": "Ag", "offset": "0 V", "provenance": "none"
            },
            "probe": {"aperture": "6 um", "footprint": {"ratio": 1.5, "basis": "nominal"}},
            "sites": {"kind": "grid", "columns": columns, "rows": 1, "pitch": "15 um"},
            "approach": {
                "speed": "2 um/s", "travel": "30 um", "overtravel": "250 nm",
                "contact": CONTACTS[kind],
            },
            "retract": {"distance": "10 um", "speed": "20 um/s"},
            "travel": {"speed": "50 um/s"},
            "program": [
                {"step": "constant potential", "potential": "0.3 V", "duration": "0.2 s"}
            ],
        },
        source="foreign",
    )  # fmt: skip


def main(kind: str, folder: Path) -> None:
    """Run, read, analyse, report, browse and resume."""
    style.RC["pdf.fonttype"] = 3  # to cut fonts takes the most of writing a PDF
    rig, path = folder / "rig.toml", folder / "scan.h5"
    rig.write_text(RIG, encoding="utf-8")
    run = seccm.run(plan(kind), rig, path=path, seed=3)
    for finished, event in enumerate(e for e in run if type(e).__name__ == "SiteFinished"):
        assert event.outcome is seccm.Outcome.OK, event
        if finished == 0:
            run.ask("stop")
    with seccm.open(path) as scan:
        assert scan.state == "stopped"
    for _ in seccm.resume(path):
        pass
    assert seccm.analyze(path) == 2
    with seccm.open(path) as scan:
        page = write_report(scan, folder / "report")
        stored = seccm.Plan.from_json(scan.plan_json)
        found = {
            "state": scan.state,
            "status": scan.sites["status"].tolist(),
            "quality": scan.sites["quality"].tolist(),
            "z": scan.sites["z_contact"].tolist(),
        }
    contact, rule = stored.approach.contact, stored.sites()[0].approach.rule
    assert isinstance(contact, KINDS.of(kind))
    assert contact.words() in page.read_text(encoding="utf-8")
    read, patterns = ScanFile(path).plan()
    assert read == stored
    assert patterns[0].approach.rule == rule
    z = np.linspace(58e-6, 50e-6, 50)
    drawn = descent_of(Way(0, z, 0.0 * z, 0.0 * z, 0.0, 0.0), rule)
    assert drawn.thresholds == (rule.levels(0.0) if rule.signal == "current" else ())
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
