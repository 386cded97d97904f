"""A result by condition
=====================

Every site is a point, so that the reader sees the scatter; the bar is the median of the condition.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import seccm

tables = seccm.load_plan("li-on-au-combinatorial").to_dict()
tables["factors"] = {"j": ["-0.58 mA/cm^2", "-1.2 mA/cm^2", "-2.92 mA/cm^2"]}
tables["design"] = {"kind": "factorial", "assign": "interleaved"}
tables["sites"] = {**tables["sites"], "columns": 6, "rows": 3, "leave_out": []}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=1):
    pass

# %%
# Only results that can be trusted are drawn: the status of each says whether it can.

figure, axes = plt.subplots(figsize=(85 / 25.4, 62 / 25.4), dpi=200, layout="constrained")
with seccm.open(path) as scan:
    sound = scan.sites["E_nuc_status"] == seccm.Status.OK
    for number in range(len(plan.conditions)):
        mine = sound & (scan.sites["condition"] == number)
        values = 1e3 * scan.sites["E_nuc"][mine]
        axes.plot(number + np.linspace(-0.15, 0.15, values.size), values, "o", ms=3)
        if values.size:
            axes.hlines(np.median(values), number - 0.25, number + 0.25, color="0.2", lw=1)
    densities = [0.1 * level for level in np.unique(scan.sites["factor_j"])[::-1]]
    axes.set_xticks(range(len(densities)), [f"{j:.3g}" for j in densities])
    axes.set_xlabel("current density (mA cm⁻²)")
    axes.set_ylabel(f"nucleation potential\nvs {scan.header.reference} (mV)")
plt.show()
