"""Voltammograms of a clean and of a stained site
==============================================

On the stain the reaction is slow: the wave is drawn out, and it is not centred any more.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import seccm

tables = seccm.load_plan("redox-cv-map").to_dict()
tables["sites"] = {**tables["sites"], "columns": 4, "rows": 4, "pitch": ["18 um", "18 um"]}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=3):
    pass

# %%
# The half-wave potential tells where the stain is: there it lies highest. The second of the two
# cycles is drawn; the first begins with the charge of the double layer.

figure, axes = plt.subplots(figsize=(85 / 25.4, 62 / 25.4), dpi=200, layout="constrained")
with seccm.open(path) as scan:
    order = np.argsort(scan.sites["E_half"])
    for number, words in ((order[0], "clean"), (order[-1], "stained")):
        site = scan.site(int(number))
        rows = site.steps[0]
        last = slice((rows.start + rows.stop) // 2, rows.stop)
        # 25 data points are averaged: 6 mV at 0.1 V/s.
        E, current = (
            values[last][: 25 * (values[last].size // 25)].reshape(-1, 25).mean(axis=1)
            for values in (site.E, 1e12 * site.I)
        )
        axes.plot(E, current, lw=0.8, label=f"site {number}: {words}")
    axes.set(xlabel=f"E vs {site.reference} (V)", ylabel="current (pA)")
axes.legend(frameon=False, fontsize=7)
plt.show()
