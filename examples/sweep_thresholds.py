"""Try several thresholds of contact on the virtual rig: how far does the tip go past contact?"""

import numpy as np

import seccm

tables = seccm.load_plan("redox-cv-map").to_dict()
tables["sites"] = {"kind": "grid", "columns": 2, "rows": 1, "pitch": "13 um",
                   "origin": ["10 um", "10 um"]}  # fmt: skip
tables["program"] = [{"step": "constant potential", "potential": "0.25 V", "duration": "0.1 s"}]
for threshold in ("1 pA", "2 pA", "4 pA"):
    tables["approach"]["contact"]["threshold"] = threshold
    path = f"threshold-{threshold.replace(' ', '')}.h5"
    for _ in seccm.run(seccm.Plan.from_dict(tables), path=path, seed=1):
        pass
    with seccm.open(path) as scan:
        worst = 1e9 * np.nanmax(scan.sites["overtravel"])
        print(f"{threshold}: {int(scan.sites['landed'].sum())} landings, at most {worst:.1f} nm")
