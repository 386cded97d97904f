"""Whole runs with a planner of somebody else, in a program of its own, and all who read the file.

Args: folder. The planner comes from the installed package next to this file.
With a name of an event, a file and a seed instead, the program kills itself at that event.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import warm

import seccm
from seccm.plan.recipe import conditions_among

PLANNER = {
    "kind": "by halves",
    "factor": "j",
    "between": ["-1 mA/cm^2", "-4 mA/cm^2"],
    "result": "Q",
    "above": -7.0,
    "sites": 4,
}
KILLED_AT = (("SiteAdded", 0), ("SiteAdded", 2), ("Landed", 1))
"""A kind of event, and at which site."""


def plan(**changes: Any) -> seccm.Plan:
    """Short plating steps on the virtual rig; the current density is up to the planner."""
    shipped = seccm.load_plan("li-on-au-combinatorial").to_dict()
    tables: dict[str, Any] = {
        "title": "by halves",
        "sites": {"kind": "grid", "columns": 3, "rows": 2, "pitch": "11 um",
                  "origin": ["11 um", "11 um"]},
        "factors": {"j": ["-1 mA/cm^2", "-4 mA/cm^2"]},
        "design": {},
        "planner": PLANNER,
        "travel": {"speed": "50 um/s", "settle": "25 ms"},
        "retract": {"distance": "8 um", "speed": "20 um/s"},
        "program": [
            {"step": "constant current", "current_density": "$j", "duration": "0.3 s"}
        ],
    }  # fmt: skip
    return seccm.Plan.from_dict({**shipped, **tables, **changes}, source="by halves")


def kill(path: Path, kind: str, site: int) -> None:
    """Run until an event, and be killed there; a power cut differs only in what the disk has."""
    for event in seccm.run(plan(), path=path, seed=3):
        if type(event).__name__ == kind and getattr(event, "site", 0) == site:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def columns(path: Path) -> dict[str, Any]:
    """What the file says of each site."""
    with seccm.open(path) as scan:
        return {name: scan.sites[name].copy() for name in scan.sites.names}


def killed(folder: Path, kind: str, site: int) -> dict[str, Any]:
    """Be killed at an event, go on, and say what became of it."""
    path = folder / f"{kind}-{site}.h5"
    words = [sys.executable, __file__, str(path), kind, str(site)]
    assert warm.ran(words).returncode != 0
    with seccm.open(path) as scan:
        before = scan.sites["status"].tolist()
    for _ in seccm.resume(path):
        pass
    with seccm.open(path) as scan:
        levels = scan.sites["factor_j"].tolist()
        status = scan.sites["status"].tolist()
        values = scan.sites["Q"].tolist()
        state, planned = scan.state, len(scan.planned)
    return {
        "at": f"{kind} {site}", "before": before, "status": status, "levels": levels,
        "Q": values, "state": state, "planned": planned,
    }  # fmt: skip


def main(folder: Path) -> None:
    """Run, stop, resume, read, analyse, report and browse."""
    # Not above: who is only to be killed draws and shows nothing, and would load all of it.
    from seccm.report import style, write_report
    from ui.models.draft import Draft
    from ui.models.form import Group
    from ui.models.scan_file import ScanFile

    style.RC["pdf.fonttype"] = 3  # to cut fonts takes the most of writing a PDF
    path = folder / "scan.h5"
    run = seccm.run(plan(), path=path, seed=3)
    for event in run:
        if isinstance(event, seccm.SiteFinished) and event.site == 1:
            run.ask("stop")
    for event in seccm.resume(path):
        assert not isinstance(event, seccm.Paused), event
    before = columns(path)
    analysed = seccm.analyze(path)
    after = columns(path)
    changed = [
        n
        for n, v in before.items()
        if not np.array_equal(v, after[n], equal_nan=v.dtype.kind == "f")
    ]
    with seccm.open(path) as scan:
        page = write_report(scan, folder / "report")
        words = page.read_text(encoding="utf-8")
        conditions = conditions_among(plan(), scan.planned.values())
        found: dict[str, Any] = {
            "state": scan.state,
            "status": scan.sites["status"].tolist(),
            "levels": scan.sites["factor_j"].tolist(),
            "Q": scan.sites["Q"].tolist(),
            "in report": [
                c.label.removeprefix("j = ").split()[0] in words.replace("\N{MINUS SIGN}", "-")
                for c in conditions
            ],
        }
    file = ScanFile(path)
    file.map.describe(*file.plan())
    form = Draft(f"title = 'x'\n[planner]\n{toml(PLANNER)}").form
    (table,) = (part for part in form.parts if part.key == ("planner",))
    assert isinstance(table, Group)
    wrong = plan(planner={**PLANNER, "factor": "k"}).check(run.info)
    found |= {
        "total": run.total,
        "analysed": analysed,
        "changed": changed,
        "browsed": {
            "labels": list(file.map.labels),
            "sites": int(file.map.x.size),
            "words": file.words,
        },
        "form": {
            "kinds": list(table.choices),
            "fields": [str(part.key[-1]) for part in table.parts],
        },
        "refused": [problem.where for problem in wrong if problem.severity == "error"],
        "killed": [killed(folder, *at) for at in KILLED_AT],
    }
    print(json.dumps(found))


def toml(table: dict[str, Any]) -> str:
    """A table as a plan file has it."""
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        kill(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    else:
        main(Path(sys.argv[1]))
