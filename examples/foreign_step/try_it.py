"""Run the step of this package at one site, without installing it."""

import json

from pulse_step import PULSE

import seccm

seccm.register(PULSE)
tables = seccm.load_plan("redox-cv-map").to_dict()
tables["sites"] = {"kind": "grid", "columns": 1, "rows": 1, "pitch": "13 um",
                   "origin": ["10 um", "10 um"]}  # fmt: skip
tables["program"] = [
    {"step": "pulse", "potential": "0 V", "pulse": "0.2 V", "duration": "0.2 s"},
]
for _ in seccm.run(seccm.Plan.from_dict(tables), path="pulse.h5", seed=1):
    pass
with seccm.open("pulse.h5") as scan:
    print(json.dumps({"i_pulse": float(scan.sites["i_pulse"][0])}))
