"""A whole run in a way of somebody else, in a program of its own, and all who read its file.

Args: folder. The way comes from the installed package next to this file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import seccm
import seccm.events
from seccm.plan.ways import KINDS
from seccm.report import style, write_report
from seccm.rig import Mounted
from seccm.rigs import build_rig, load_rig
from ui.models.curves import read_site
from ui.models.draft import Draft
from ui.models.form import Group
from ui.models.scan_file import ScanFile


def plan(**changes: Any) -> seccm.Plan:
    """Three runs of a programme at one place over a resistor of 1 Gohm, in the liquid."""
    return seccm.Plan.from_dict(
        {
            "title": "held",
            "sample": "dummy-resistor",
            "reference": {
                "name": "Ag", "electrode": "Ag", "offset": "0 V", "provenance": "none"
            },
            "probe": {"aperture": "6 um", "footprint": {"ratio": 1.5, "basis": "nominal"}},
            "sites": {"kind": "grid", "columns": 3, "rows": 1, "pitch": "15 um"},
            "way": {"kind": "held", "rest": "0.2 s"},
            "approach": {
                "speed": "2 um/s", "travel": "30 um", "overtravel": "250 nm",
                "hold": {"potential": "0.1 V"},
                "contact": {"kind": "current threshold", "threshold": "20 pA"},
            },
            "retract": {"distance": "10 um", "speed": "20 um/s"},
            "travel": {"speed": "50 um/s"},
            "program": [
                {"step": "constant potential", "potential": "0.3 V", "duration": "0.5 s"}
            ],
            **changes,
        },
        source="held",
    )  # fmt: skip


def main(folder: Path) -> None:
    """Run, stop, resume, read, analyse, report and browse."""
    style.RC["pdf.fonttype"] = 3  # to cut fonts takes the most of writing a PDF
    path = folder / "scan.h5"
    info = build_rig(load_rig("virtual"), Mounted("dummy-resistor", 6e-6)).info
    hold = {**plan().to_dict()["approach"], "hold": "first step"}
    refused = [p.where for p in plan(approach=hold).check(info) if p.severity == "error"]
    heights: list[float] = []
    run = seccm.run(plan(), path=path, seed=3)
    run.watch(lambda block: heights.extend(block.data["z"].tolist()))
    for finished, event in enumerate(e for e in run if type(e).__name__ == "SiteFinished"):
        assert event.outcome is seccm.Outcome.OK, event
        if finished == 0:
            run.ask("stop")
    for event in seccm.resume(path):
        assert not isinstance(event, seccm.events.Paused), event
    assert seccm.analyze(path) == 3
    with seccm.open(path) as scan:
        page = write_report(scan, folder / "report")
        site, drawn = scan.site(1), read_site(scan, 1)
        found = {
            "state": scan.state,
            "status": scan.sites["status"].tolist(),
            "quality": scan.sites["quality"].tolist(),
            "z": scan.sites["z_contact"].tolist(),
            "rows": int((site.phase == 4).sum()),
            "drawn": drawn is not None and drawn.measured is not None,
        }
    read, patterns = ScanFile(path).plan()
    assert patterns[0].way == KINDS.of("held").spec(kind="held", rest=0.2)
    assert read.way.kind == "held"
    form = Draft('title = "x"\n[way]\nkind = "held"\n').form
    (way,) = (part for part in form.parts if part.key == ("way",))
    assert isinstance(way, Group)
    found |= {
        "refused": refused,
        "moved": max(heights) - min(heights),
        "report": page.exists(),
        "form": {"kinds": list(way.choices), "fields": [str(part.key[-1]) for part in way.parts]},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
