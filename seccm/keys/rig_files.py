"""The tables of rig files: those of each kind of rig, and those that any kind may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from seccm.installed import entry_points
from seccm.key_tables import KeyTable, key_tables
from seccm.plan.open_circuit import CommissioningTable
from seccm.quantities import Model
from seccm.rig.camera_table import CameraTable
from seccm.rigs import CoarseTable

GROUP = "seccm.rig_files"
"""Entry points: by the name of a kind of rig, the pydantic model of its file."""


class AnyKind(Model):
    """What a rig file may say whatever its kind."""

    coarse: CoarseTable | None = None
    """The motor that brings the surface into reach of the piezo."""
    camera: CameraTable | None = None
    """A camera that films the run; see `docs/camera.md`."""
    controller: dict[str, Any] | None = None
    """A stage with a controller of its own on a serial port, with the keys of
    `hardware.serial_stage.config.ControllerTable`; see `docs/extending/stage.md`."""
    potentiostat: dict[str, Any] | None = None
    """An instrument of its own that drives the cell, with the keys of its `kind`; see
    `docs/extending/potentiostat.md`."""
    calibration: Annotated[str | dict[str, Any], Field(examples=["bench-1.calibration.json"])] = ""
    """A file beside this one with the scales that commissioning found; as a table,
    { file = "...", days = 90 }, it may be so old before a run is warned, else 30 days."""
    commissioning: CommissioningTable | None = None
    """How the program sees that the circuit is open, before it commissions anything."""


def rig_schemas() -> Mapping[str, dict[str, Any]]:
    """Return the JSON schema of a rig file, for each kind of rig that is installed."""
    found: dict[str, dict[str, Any]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        model: type[BaseModel] = point.load()
        whole = create_model(model.__name__, __base__=(AnyKind, model), __doc__=model.__doc__)
        found[point.name] = whole.model_json_schema(by_alias=True)
    return found


def rig_tables() -> Mapping[str, tuple[KeyTable, ...]]:
    """Return the tables of a rig file, for each kind of rig that is installed."""
    return {kind: key_tables(schema) for kind, schema in rig_schemas().items()}
