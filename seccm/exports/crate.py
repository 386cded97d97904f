"""An RO-Crate in a .eln file, for electronic laboratory notebooks (eLabFTW, NOMAD, Kadi4Mat)."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from seccm.data import Scan
from seccm.exports.content import facts
from seccm.exports.seam import Wanted, Writer, package
from seccm.exports.text import sites


def write(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write data file, plan and table of sites, with what each of them is."""
    made = package("rocrate.rocrate", "exchange", "An .eln file").ROCrate()
    about = facts(scan)
    made.name = scan.header.title
    made.description = (
        f"SECCM scan, started: {about['started_at'] or 'not known'}; potentials vs "
        f"{about['reference']}, {about['sign_convention']}"
        f"{', SIMULATION: not measured' if scan.header.virtual else ''}"
    )
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        inside = Path(folder)
        table, plan = inside / "sites.csv", inside / "plan.json"
        sites(scan, table, wanted)
        plan.write_text(scan.plan_json, encoding="utf-8")
        parts = (
            (scan.path, scan.path.name, "application/x-hdf5", "the data file"),
            (table, table.name, "text/csv", "the table of sites, in SI"),
            (plan, plan.name, "application/json", "the plan, in SI"),
        )
        for path, name, kind, words in parts:
            told = {
                "name": words,
                "encodingFormat": kind,
                "contentSize": str(path.stat().st_size),
                "sha256": _digest(path),
            }
            made.add_file(str(path), dest_path=name, properties=told)
        root = inside / "crate"
        made.write(str(root))
        # The notebooks ask for one folder in the archive, with its description at the top.
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    archive.write(path, f"{scan.path.stem}/{path.relative_to(root).as_posix()}")
        shutil.rmtree(root)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


WRITERS = (
    Writer("eln", "data file, plan and table of sites, for laboratory notebooks", ".eln", write),
)
