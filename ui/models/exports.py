"""What the window offers to export, as `seccm export` writes it, and what each entry asks of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the menu."""

    words: str
    kind: str
    """As `seccm export --to` takes it."""
    suffix: str
    """Of the file; empty where a folder is made."""
    options: tuple[str, ...] = ()


OFFERS = (
    Offer("Data points as CSV", "csv", ".csv"),
    Offer("Data points as CSV, a file for each site", "csv-by-site", ""),
    Offer("Data points as Parquet", "parquet", ".parquet"),
    Offer("MATLAB", "mat", ".mat"),
    Offer("ixdat, a file for each site", "ixdat", ""),
    Offer("Battery data, charging is oxidation", "bdf", "", ("--charging", "oxidation")),
    Offer("Battery data, charging is reduction", "bdf", "", ("--charging", "reduction")),
    Offer("Maps for Gwyddion", "gwy", ".gwy"),
    Offer("Maps as simple fields of Gwyddion", "gsf", ""),
    Offer("Maps as OME-TIFF", "ome-tiff", ".ome.tif"),
    Offer("NeXus, for h5web", "nexus", ".nxs"),
    Offer("Laboratory notebook (.eln)", "eln", ".eln"),
    Offer("Movie along time (GIF)", "gif", ".gif"),
    Offer("Movie along potential (GIF)", "gif", ".gif", ("--over", "potential")),
    Offer("Figures, 85 mm and 600 dpi", "figures", "", ("--width", "85 mm", "--dpi", "600")),
    Offer("Figures, 170 mm and 600 dpi", "figures", "", ("--width", "170 mm", "--dpi", "600")),
)
