"""What a commissioning step leaves behind: a dated report, and an entry in the calibration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from seccm import calibration
from seccm.calibration import Entry
from seccm.commissioning.finding import Finding
from seccm.commissioning.report import CommissioningReport
from seccm.rig import RigInfo


def report_of(
    finding: Finding, info: RigInfo, source: str, made: datetime, path: Path
) -> CommissioningReport:
    """Return the report on a finding.

    Args:
        finding: what was found.
        info: what the open rig said of itself.
        source: the rig file.
        made: when, with its time zone.
        path: where the report is written: the scales name it.
    """
    how = f"{made:%Y-%m-%d}, {finding.how}, {path.name}"
    noted = {key: {**table, "calibrated": how} for key, table in finding.tables.items()}
    parts = (finding.results, finding.verdicts, finding.words, finding.faults)
    return CommissioningReport(finding.procedure, made, source, info, *parts, noted)


def keep(
    finding: Finding, info: RigInfo, config: Mapping[str, Any], made: datetime, report: Path
) -> Path | None:
    """Add what was found to the calibration that the rig file names.

    Args:
        finding: what was found.
        info: what the open rig said of itself.
        config: the rig file as `load_rig` reads it.
        made: when, with its time zone.
        report: the file with the whole record.

    Returns:
        The calibration file; None where the rig file names none, or there is nothing to keep.

    Raises:
        PlanError: what the rig file names is no calibration.
        DataFileError: it cannot be written.
    """
    path = calibration.file_of(config)
    if path is None or not (finding.tables or finding.figures):
        return None
    entry = Entry(
        procedure=finding.procedure,
        made=made.isoformat(timespec="seconds"),
        how=finding.how,
        report=report.name,
        device=info.device,
        wiring=calibration.wiring(config),
        tables=finding.tables,
        figures=finding.figures,
    )
    calibration.add(path, entry, info.name)
    return path
