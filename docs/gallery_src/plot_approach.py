"""How a contact is found
======================

The height of the tip and the current around contact, up to the beginning of the first step.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import seccm

tables = seccm.load_plan("redox-cv-map").to_dict()
tables["sites"] = {**tables["sites"], "columns": 1, "rows": 1}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=1):
    pass

# %%
# `record` has all rows of a site, from the beginning of the approach to the end of the retract.

figure, panels = plt.subplots(2, 1, figsize=(85 / 25.4, 85 / 25.4), sharex=True, dpi=200,
                              layout="constrained")  # fmt: skip
with seccm.open(path) as scan:
    record = scan.record(0)
    t = record.t - scan.sites["t_contact"][0]
    held = record.E > 0.2  # the potential of the approach, not yet that of the step
    near = held & (np.abs(t) < 0.2)
    panels[0].plot(t[near], 1e9 * (record.z[near] - scan.sites["z_contact"][0]), lw=0.8)
    panels[1].plot(t[near], 1e12 * record.I[near], lw=0.8)
panels[0].set_ylabel("height (nm)")
panels[1].set(xlabel="time since contact (s)", ylabel="current (pA)")
for axes in panels:
    axes.axvline(0.0, color="0.6", lw=0.5, zorder=0)
plt.show()
