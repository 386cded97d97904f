"""The bench procedure of a target, for `seccm rig bench`, and what is refused without it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hardware.ni_libraries import OWN
from hardware.wec_fpga.bench_tests import TESTS
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.library import beside
from seccm.commissioning.bench import BenchRecord, BenchTest, read_record
from seccm.errors import PlanError, Problem
from seccm.quantities import validate

COMMAND = "seccm rig bench"


def procedure(tables: Mapping[str, Any], source: str) -> tuple[tuple[BenchTest, ...], Path, str]:
    """Return tests, record and device of a rig file; entry point of the group `seccm.bench`.

    Args:
        tables: the rig file.
        source: its name.

    Raises:
        PlanError: a mistake in the file, or it names no record.
    """
    config = validate(WecFpgaConfig, tables, source, from_file=True)
    if not config.bench:
        what = "is missing: what was seen has to be kept somewhere."
        raise PlanError(source, [Problem("bench", what, 'Write bench = "bench-1.bench.json".')])
    return TESTS, beside(config.bench, source), device_of(config, source)


def device_of(config: WecFpgaConfig, source: str) -> str:
    """Return what a record is about: the signature of the bitfile; that of a stand-in is its name.

    Raises:
        PlanError: there is no such file.
    """
    if not config.bitfile:
        return config.library
    import nifpga

    path = beside(config.bitfile, source)
    try:
        return str(nifpga.Bitfile(str(path)).signature)
    except Exception as error:  # whatever a parser of XML may raise
        what = f"{path} cannot be read as a bitfile ({type(error).__name__})."
        remedy = "Give the .lvbitx of the program that runs on the target."
        raise PlanError(source, [Problem("bitfile", what, remedy)]) from error


def refuse_unproven(config: WecFpgaConfig, source: str) -> None:
    """Refuse a real target until the tests that matter for safety are recorded and passed.

    Raises:
        PlanError: with the list.
    """
    if config.library != OWN:
        return
    device = device_of(config, source)
    record = BenchRecord(device)
    if config.bench:
        record = read_record(beside(config.bench, source), device)
    missing = record.missing(TESTS)
    if missing:
        what = (
            f"{len(missing)} tests of the bench procedure are missing for this bitfile: "
            f"{'; '.join(missing)}."
        )
        remedy = f"Go through `{COMMAND} {source}`: nobody has seen this driver on a real target."
        raise PlanError(source, [Problem("bench", what, remedy)])
