"""One site, as a paper shows it
=============================

The potential of a galvanostatic plating step over time, from contact on.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import seccm

# %%
# A scan of four sites with two current densities, on the virtual rig.

plan = seccm.load_plan("li-on-au-combinatorial")
tables = plan.to_dict()
tables["factors"] = {"j": ["-0.58 mA/cm^2", "-2.92 mA/cm^2"]}
tables["design"] = {"kind": "factorial", "assign": "interleaved"}
tables["sites"] = {**tables["sites"], "columns": 2, "rows": 2, "leave_out": []}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=1):
    pass

# %%
# One column of a paper is 85 mm wide.

figure, axes = plt.subplots(figsize=(85 / 25.4, 62 / 25.4), dpi=200, layout="constrained")
with seccm.open(path) as scan:
    for number, condition in enumerate(plan.conditions):
        site = next(s for s in plan.sites() if s.condition == number)
        trace = scan.site(site.number)
        step = trace.steps[0]
        axes.plot(trace.t[step], trace.E[step], label=condition.label, lw=0.9)
    axes.set(xlabel="time since contact (s)", ylabel=f"E vs {trace.reference} (V)")
axes.axhline(0.0, color="0.6", lw=0.5, zorder=0)
axes.legend(frameon=False, fontsize=7)
plt.show()
