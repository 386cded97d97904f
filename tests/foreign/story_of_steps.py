"""A whole run with a step of somebody else, in a program of its own, and all who read its file.

Args: folder. The kind comes from the installed package next to this file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import seccm
from seccm.analysis.declared import declared
from seccm.analysis.features import area_of
from seccm.analysis.step_features import arrays_of
from seccm.analysis.step_trace import step_traces
from seccm.report import style, write_report
from ui.models.curve_choice import page_of, panels_of
from ui.models.curves import read_site
from ui.models.draft import Draft
from ui.models.form import Group
from ui.models.scan_file import ScanFile

STEP = {"step": "staircase", "start": "0.1 V", "stop": "0.5 V", "treads": 5, "tread": "0.2 s"}


def plan(*program: dict[str, Any]) -> seccm.Plan:
    """Two sites over a resistor of 1 Gohm."""
    return seccm.Plan.from_dict(
        {
            "title": "foreign",
            "sample": "dummy-resistor",
            "reference": {
                "name": "Ag", "electrode": "Ag", "offset": "0 V", "provenance": "none"
            },
            "probe": {"aperture": "6 um", "footprint": {"ratio": 1.5, "basis": "nominal"}},
            "sites": {"kind": "grid", "columns": 2, "rows": 1, "pitch": "15 um"},
            "approach": {
                "speed": "2 um/s", "travel": "30 um", "overtravel": "250 nm",
                "hold": {"potential": "0.1 V"},
                "contact": {"kind": "current threshold", "threshold": "20 pA"},
            },
            "retract": {"distance": "10 um", "speed": "20 um/s"},
            "travel": {"speed": "50 um/s"},
            "program": program,
        },
        source="foreign",
    )  # fmt: skip


def mistakes() -> dict[str, str]:
    """Return what is said of steps that are wrong, by their keys."""
    found = {}
    for change in ({"stop": "0.1 V"}, {"tread": "0.2 V"}, {"stop": None}, {"trades": 3}):
        step = {name: value for name, value in {**STEP, **change}.items() if value is not None}
        try:
            plan(step)
        except seccm.PlanError as error:
            found |= {problem.where: problem.what for problem in error.problems}
    return found


def form() -> dict[str, Any]:
    """Return what the window's form shows of a new step of this kind, inside of a repeat."""
    text = '[[program]]\nstep = "repeat"\ntimes = 2\n[[program.program]]\nstep = "open circuit"\n'
    draft = Draft(text + 'duration = "1 s"\n')
    (repeat,) = (part for part in program_of(draft).parts if isinstance(part, Group))
    inside = next(part for part in repeat.parts if part.key[-1] == "program")
    assert isinstance(inside, Group)
    draft.add(inside, "staircase")
    (repeat,) = (part for part in program_of(draft).parts if isinstance(part, Group))
    inside = next(part for part in repeat.parts if part.key[-1] == "program")
    assert isinstance(inside, Group)
    step = inside.parts[1]
    assert isinstance(step, Group)
    return {"adds": list(inside.adds), "fields": [str(part.key[-1]) for part in step.parts]}


def program_of(draft: Draft) -> Group:
    """Return the steps of a draft's form."""
    found = next(part for part in draft.form.parts if part.key == ("program",))
    assert isinstance(found, Group)
    return found


def main(folder: Path) -> None:
    """Run, stop, resume, read, analyse, report and browse."""
    style.RC["pdf.fonttype"] = 3  # to cut fonts takes the most of writing a PDF
    path = folder / "scan.h5"
    named = {**STEP, "name": "stairs"}
    follows = {"from": "stairs", "within": ["0 V", "1 V"]}
    twice = {"step": "repeat", "times": 2, "program": [{**STEP, "start": follows}]}
    run = seccm.run(plan(named, twice), "virtual", path=path, seed=3)
    for finished, event in enumerate(e for e in run if type(e).__name__ == "SiteFinished"):
        assert event.outcome is seccm.Outcome.OK, event
        if finished == 0:
            run.ask("stop")
    for _ in seccm.resume(path):
        pass
    assert seccm.analyze(path) == 2
    with seccm.open(path) as scan:
        page = write_report(scan, folder / "report").read_text(encoding="utf-8")
        stored = seccm.Plan.from_json(scan.plan_json)
        site = stored.sites()[1]
        first, *_ = step_traces(site, scan.record(1), 0.0, area_of(stored))
        assert first is not None
        found = {
            "state": scan.state,
            "status": scan.sites["status"].tolist(),
            "i_most": scan.sites["i_most"].tolist(),
            "i_tread": arrays_of(first, ())["i_tread"].values.tolist(),
            "stored": [values.tolist() for values in scan.arrays("i_tread")],
            "paths": scan.steps["path"].tolist(),
            "kinds": sorted(set(scan.steps["kind"].tolist())),
            "report": "staircase" in page or "5 treads from 0.1 V" in page,
            "symbol": declared("i_most").symbol,
        }
    read, _ = ScanFile(path).plan()
    assert read == stored
    with seccm.open(path) as scan:
        curve = read_site(scan, 1)
    assert curve is not None
    found |= {
        "ladder": [[d.step, d.x.tolist(), d.y.tolist()] for d in curve.own],
        "drawn": sorted(p.stem for p in (folder / "report" / "figures").glob("ladder*.png")),
    }
    found |= {"page": page_of(["staircase"]), "panels": panels_of(["staircase"])}
    print(json.dumps({**found, "mistakes": mistakes(), "form": form()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
