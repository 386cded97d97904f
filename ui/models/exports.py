"""What the window offers to export, as `seccm export` writes it, and what each entry asks of it."""

from __future__ import annotations

from dataclasses import dataclass

from ui.models.options import CHARGING, FIGURES, Option


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the menu."""

    words: str
    kind: str
    """As `seccm export --to` takes it."""
    suffix: str
    """Of the file; empty where a folder is made."""
    options: tuple[str, ...] = ()
    asks: tuple[Option, ...] = ()
    """What a person is asked for before it is written."""


OFFERS = (
    Offer("Data points as CSV", "csv", ".csv"),
    Offer("Data points as CSV, a file for each site", "csv-by-site", ""),
    Offer("Data points as Parquet", "parquet", ".parquet"),
    Offer("Table of sites as Parquet", "parquet-sites", ".parquet"),
    Offer("MATLAB", "mat", ".mat"),
    Offer("ixdat, a file for each site", "ixdat", ""),
    Offer("Battery data (BDF), a file for each site", "bdf", "", asks=CHARGING),
    Offer("Maps for Gwyddion", "gwy", ".gwy"),
    Offer("Maps as simple fields of Gwyddion", "gsf", ""),
    Offer("Maps as OME-TIFF", "ome-tiff", ".ome.tif"),
    Offer("NeXus, for h5web", "nexus", ".nxs"),
    Offer("Laboratory notebook (.eln)", "eln", ".eln"),
    Offer("Movie along time (GIF)", "gif", ".gif"),
    Offer("Movie along potential (GIF)", "gif", ".gif", ("--over", "potential")),
    Offer("Movie along time (MP4, needs ffmpeg)", "mp4", ".mp4"),
    Offer("Movie along potential (MP4, needs ffmpeg)", "mp4", ".mp4", ("--over", "potential")),
    Offer("Figures for a paper", "figures", "", asks=FIGURES),
)
