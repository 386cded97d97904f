"""A map of a result
=================

The half-wave potential of a dissolved couple at every site, and the contact height.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import seccm

plan = seccm.load_plan("redox-cv-map")
tables = plan.to_dict()
tables["sites"] = {**tables["sites"], "columns": 5, "rows": 5, "pitch": ["13 um", "13 um"]}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=1):
    pass

# %%
# One value a site; a site without a result stays empty.

figure, panels = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
with seccm.open(path) as scan:
    x, y = 1e6 * scan.sites["x"], 1e6 * scan.sites["y"]
    for axes, name, label, factor in (
        (panels[0], "E_half", "half-wave potential (mV)", 1e3),
        (panels[1], "z_contact", "contact height (µm)", 1e6),
    ):
        drawn = axes.scatter(x, y, c=scan.sites[name] * factor, marker="s", s=240)
        axes.margins(0.12)
        axes.set(xlabel="x (µm)", ylabel="y (µm)", aspect="equal")
        figure.colorbar(drawn, ax=axes, label=label)
plt.show()
