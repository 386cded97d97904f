"""Impedance spectra
=================

A Nyquist plot of two sites: a charge transfer beside a double layer, then diffusion.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import seccm

tables = seccm.load_plan("impedance-map").to_dict()
tables["sites"] = {**tables["sites"], "columns": 2, "rows": 1}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=1):
    pass

# %%
# Each step that measures a spectrum has arrays over its frequencies, with uncertainties.

figure, axes = plt.subplots(figsize=(85 / 25.4, 62 / 25.4), dpi=200, layout="constrained")
with seccm.open(path) as scan:
    real, imaginary = scan.arrays("Z_real"), scan.arrays("Z_imag")
    for k, site in enumerate(real.about["site"]):
        axes.errorbar(1e-6 * real.values[k], -1e-6 * imaginary.values[k],
                      1e-6 * imaginary.errors[k], 1e-6 * real.errors[k],
                      fmt="o", ms=2, lw=0.6, label=f"site {site}")  # fmt: skip
axes.set(xlabel="Re Z (Mohm)", ylabel="−Im Z (Mohm)", aspect="equal")
axes.legend(frameon=False, fontsize=7)
plt.show()
