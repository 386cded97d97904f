"""The current at some potentials
==============================

Frames of the movie that `seccm export scan.h5 --to gif --over potential` writes: one voltammogram
at each site gives a map at every potential.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import seccm

tables = seccm.load_plan("redox-cv-map").to_dict()
tables["sites"] = {**tables["sites"], "columns": 5, "rows": 5, "pitch": ["13 um", "13 um"]}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=1):
    pass

# %%
# The forward sweep of the last cycle; all maps have one scale.

potentials = (-0.05, 0.0, 0.05)
maps = np.full((len(potentials), 5, 5), np.nan)
with seccm.open(path) as scan:
    for number in np.flatnonzero(scan.sites["status"] == seccm.Outcome.OK):
        site = scan.site(int(number))
        E, current = site.E[site.steps[0]], site.I[site.steps[0]]
        last = np.arange(E.size) > E.size // 2
        up = last & (np.gradient(E) > 0)
        column, row = scan.sites["ix"][number], scan.sites["iy"][number]
        order = np.argsort(E[up])
        maps[:, row, column] = np.interp(potentials, E[up][order], current[up][order])

figure, panels = plt.subplots(1, 3, figsize=(7, 2.6), layout="constrained")
for axes, potential, values in zip(panels, potentials, 1e12 * maps, strict=True):
    low, high = np.nanmin(1e12 * maps), np.nanmax(1e12 * maps)
    drawn = axes.imshow(values, origin="lower", vmin=low, vmax=high)
    axes.set(title=f"{1e3 * potential:g} mV", xlabel="column", ylabel="row")
figure.colorbar(drawn, ax=panels, label="current (pA)")
plt.show()
