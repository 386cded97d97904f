"""Draw the potential of one site over time, as a column of a paper: 85 mm, 300 dpi."""

import matplotlib.pyplot as plt

import seccm

with seccm.open("scan.h5") as scan:
    site = scan.site(0)
    figure, axes = plt.subplots(figsize=(85 / 25.4, 60 / 25.4), dpi=300, layout="constrained")
    for number in site.steps:
        step = site.steps[number]
        axes.plot(site.t[step], site.E[step], lw=0.8, color="k")
    axes.set(xlabel="time since contact (s)", ylabel=f"E vs {site.reference} (V)")
    figure.savefig("site-0.pdf")
    figure.savefig("site-0.png")
    plt.close(figure)
