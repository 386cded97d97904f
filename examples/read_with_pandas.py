"""The tables of a scan as pandas data frames."""

import seccm

with seccm.open("scan.h5") as scan:
    sites = scan.sites.to_pandas()  # one row a site
    steps = scan.steps.to_pandas()  # one row for each step that ran

done = sites[sites["status"] == seccm.Outcome.OK]
print(done.groupby("condition")["overtravel"].agg(["count", "mean"]))
print(steps.head())
