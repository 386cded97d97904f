"""Rigs by name or file: a rig file says what kind it is, and the kind says who builds it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from seccm import calibration
from seccm.errors import PlanError, Problem
from seccm.installed import entry_points
from seccm.installing import install_hint
from seccm.mistakes import nearest, similar
from seccm.plan.library import find_rig, rigs
from seccm.plan.open_circuit import TABLE, open_circuit_of
from seccm.quantities import Count, Length, Model, read_toml, validate
from seccm.rig import Camera, Cell, CoarseStage, Mounted, Rig, Stage, Stream, parts_of, rig_of
from seccm.rig.camera_table import CameraTable
from seccm.stop_record import stop_problems
from seccm.suggestion import Suggestion

GROUP = "seccm.rigs"
COARSE_GROUP = "seccm.coarse"
CELL_GROUP = "seccm.cells"
STAGE_GROUP = "seccm.stages"
CAMERA_GROUP = "seccm.cameras"
BESIDE = ("coarse", "controller", "potentiostat", "camera", TABLE)
"""Tables that any kind of rig may have, and that its own builder is not shown."""


class Builder(Protocol):
    """What an entry point of the group `seccm.rigs` is: it builds a rig and opens nothing."""

    def __call__(
        self,
        config: Mapping[str, Any],
        mounted: Mounted,
        *,
        source: str,
        seed: int,
        faults: Sequence[str],
        pace: float,
        first_site: int,
    ) -> Rig:
        """Build a rig from its file.

        Raises:
            PlanError: with every mistake of the file.
        """


class CellBuilder(Protocol):
    """What an entry point of the group `seccm.cells` is: it builds the drive of a cell."""

    def __call__(self, config: Mapping[str, Any], *, source: str, beside: Rig) -> Cell:
        """Build the drive that a table `[potentiostat]` describes; opens nothing.

        Args:
            config: the table.
            source: the file's name, for messages.
            beside: the rig of stage and inputs; a drive that is simulated acts on its world.

        Raises:
            PlanError: with every mistake of the table.
        """


class StageBuilder(Protocol):
    """What an entry point of the group `seccm.stages` is: it builds a stage of its own."""

    def __call__(self, config: Mapping[str, Any], *, source: str, beside: Rig) -> Stage:
        """Build the stage that a table `[controller]` describes; opens nothing.

        Args:
            config: the table.
            source: the file's name, for messages.
            beside: the rig of the inputs; a stage that is simulated acts on its world.

        Raises:
            PlanError: with every mistake of the table.
        """


class CameraBuilder(Protocol):
    """What an entry point of the group `seccm.cameras` is: it builds a camera and opens nothing."""

    def __call__(self, table: CameraTable, *, source: str, beside: Rig, seed: int) -> Camera:
        """Build the camera that a table `[camera]` describes.

        It goes to a process of its own by pickle, and is opened there.

        Args:
            table: the table.
            source: the file's name, for messages.
            beside: the rig, open; a camera that is simulated looks at its world.
            seed: for simulated cameras, what chance is made of.

        Raises:
            PlanError: with every mistake of the table.
        """


@dataclass(frozen=True, slots=True)
class RigFile:
    """A rig file as read: it is stored with the data, so that a scan can be resumed from them."""

    source: str
    """Where it came from, for messages."""
    config: Mapping[str, Any]

    @property
    def simulated(self) -> bool:
        """Whether the file itself says that no hardware is involved; nothing is opened for that."""
        return self.config.get("kind") == "virtual" or self.config.get("library", "ni") != "ni"


class CoarseTable(Model):
    """The table `[coarse]`: the motor that brings the surface into reach of the piezo."""

    stage: Annotated[str, Field(min_length=1)] = "picomotor"
    """The kind of motor; those of the entry point group `seccm.coarse` are known."""
    host: Annotated[str, Field(min_length=1, examples=["192.168.0.42"])]
    """Address of its controller."""
    port: int = Field(23, ge=1, le=65535)
    """TCP port of its controller."""
    axis: int = Field(1, ge=1, le=4)
    """Connector of the motor."""
    towards: Literal[1, -1]
    """+1 if positive steps bring pipette and surface closer, -1 if negative ones do."""
    step: Length = Field(gt=0, examples=["30 nm"])
    """The longest that one step can be."""
    most: Annotated[Count, Field(examples=[1000])]
    """Steps that are allowed at once, at most."""
    farthest: Length = Field(gt=0, examples=["2 mm"])
    """How far the motor may go in one coarse approach, if every step were its longest."""
    tries: Count = 20
    """Of the piezo in one coarse approach, at most."""


def load_rig(name_or_path: str | Path, *, calibrated: bool = True) -> RigFile:
    """Read a rig file, a shipped one by its name or any by its path, with its calibration.

    Args:
        name_or_path: which one.
        calibrated: refuse a calibration that is missing or was made with another wiring; else it
            is left out, for commissioning.

    Raises:
        PlanError: there is none of that name, it cannot be read, or see above.
    """
    path = find_rig(str(name_or_path))
    config = read_toml(path)
    return RigFile(
        str(path), calibration.resolve(config, str(path), path.parent, strict=calibrated)
    )


def coarse_table(file: RigFile) -> CoarseTable | None:
    """Return what a rig file says of its coarse motor; None where it says nothing.

    Raises:
        PlanError: with every mistake of the table.
    """
    if "coarse" not in file.config:
        return None
    given = {"coarse": file.config["coarse"]}
    return validate(_WithCoarse, given, file.source, from_file=True).coarse


def camera_table(file: RigFile) -> CameraTable | None:
    """Return what a rig file says of its camera; None where it says nothing.

    Raises:
        PlanError: with every mistake of the table.
    """
    if "camera" not in file.config:
        return None
    given = {"camera": file.config["camera"]}
    table = validate(_WithCamera, given, file.source, from_file=True).camera
    _camera_kinds(table, file.source)
    return table


def _camera_kinds(table: CameraTable, source: str) -> EntryPoint:
    kinds = {point.name: point for point in entry_points(group=CAMERA_GROUP)}
    if table.kind not in kinds:
        what = f"{table.kind!r} is not a known kind of camera."
        problem = Problem("camera.kind", what, similar(table.kind, sorted(kinds)))
        raise PlanError(source, [problem])
    return kinds[table.kind]


def build_camera(table: CameraTable, file: RigFile, beside: Rig, *, seed: int = 0) -> Camera:
    """Build the camera of a rig file; nothing of it is opened yet.

    Args:
        table: see `camera_table`.
        file: the rig file.
        beside: the rig, open.
        seed: for simulated cameras, what chance is made of.

    Raises:
        PlanError: its driver is not installed, a setting is wrong, or its edges are not counted.
    """
    point = _camera_kinds(table, file.source)
    try:
        builder: CameraBuilder = point.load()
    except ImportError as error:
        remedy = install_hint("camera")
        what = f"needs a package that is not installed: {error}."
        raise PlanError(file.source, [Problem("camera.kind", what, remedy)]) from error
    camera = builder(table, source=file.source, beside=beside, seed=seed)
    if table.sync == "edges" and not beside.info.edges:
        what = '"edges" of the exposure output are not counted by this rig.'
        remedy = 'Wire them to a counter and say which ([exposures]), or write sync = "host".'
        raise PlanError(file.source, [Problem("camera.sync", what, remedy)])
    if table.sync == "lamp" and not beside.info.blink:
        what = "this rig does not blink the lamp."
        remedy = 'Say how it does ([lamp]), or write sync = "host".'
        raise PlanError(file.source, [Problem("camera.sync", what, remedy)])
    return camera


def connect_coarse(table: CoarseTable, wait: Callable[[float], None]) -> CoarseStage:
    """Look a kind of motor up by name, because seccm imports no driver, and connect to it.

    Args:
        table: what the motor is and may do.
        wait: lets time pass between two questions; may raise to put an end to it.

    Raises:
        PlanError: there is no such kind.
        RigError: nothing answers there.
    """
    kinds = {point.name: point for point in entry_points(group=COARSE_GROUP)}
    if table.stage not in kinds:
        what = f"{table.stage!r} is not a known kind of motor."
        remedy = similar(table.stage, sorted(kinds))
        raise PlanError("coarse", [Problem("stage", what, remedy)])
    connect: Callable[..., CoarseStage] = kinds[table.stage].load()
    return connect(
        table.host,
        axis=table.axis,
        towards=table.towards,
        step=table.step,
        most=table.most,
        port=table.port,
        wait=wait,
    )


def _open_circuit(file: RigFile) -> object:
    return open_circuit_of(file.config, file.source)


class _WithCamera(Model):
    """A rig file's table by its name, so that mistakes are named by the whole key."""

    camera: CameraTable


class _WithCoarse(Model):
    """A rig file's table by its name, so that mistakes are named by the whole key."""

    coarse: CoarseTable


def build_rig(
    file: RigFile,
    mounted: Mounted,
    *,
    seed: int = 0,
    faults: Sequence[str] = (),
    pace: float = 0.0,
    first_site: int = 0,
    commissioning: bool = False,
) -> Rig:
    """Build the rig that a file describes; nothing is opened yet.

    Args:
        file: the rig file.
        mounted: what the plan says is on the stage.
        seed: for virtual rigs, what chance is made of.
        faults: for virtual rigs, what goes wrong.
        pace: for virtual rigs, how many times as fast as real time; 0 for as fast as possible.
        first_site: for virtual rigs, the first site to be visited, where a scan is resumed.
        commissioning: whether the stop of its stage need not have been measured yet; nothing that
            is to be stopped at a contact may be done with it then.

    Raises:
        PlanError: the kind is unknown, its driver is not installed, the file or the pace wrong.
    """
    if not (math.isfinite(pace) and pace >= 0.0):
        what = f"{pace} is not a valid number of virtual seconds per real second."
        raise PlanError(file.source, [Problem("pace", what, "1 is real time, 0 the fastest.")])
    return _Building(file, mounted, seed, faults, pace, first_site, commissioning).rig()


def _samples(path: Path) -> Mapping[str, Any]:
    """Return the samples that the rig file of a simulated rig defines; none of another's."""
    try:
        config = read_toml(path)
    except PlanError:
        return {}
    world = config if config.get("kind") == "virtual" else config.get("virtual", {})
    found = world.get("samples", {}) if isinstance(world, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class _Building:
    """A rig to be built, by whoever builds its kind."""

    file: RigFile
    mounted: Mounted
    seed: int
    faults: Sequence[str]
    pace: float
    first_site: int
    commissioning: bool

    def rig(self) -> Rig:
        """Build it.

        Raises:
            PlanError: with every mistake of the file, whichever part finds it.
        """
        problems: list[Problem] = []
        kinds = {point.name: point for point in entry_points(group=GROUP)}
        kind = self.file.config.get("kind")
        chosen = kind if isinstance(kind, str) and kind in kinds else None
        if chosen is None:
            chosen = meant = nearest(kind, kinds)
            what = "is missing." if kind is None else f"{kind!r} is not a kind of rig."
            ask = (
                f'Did you mean "{meant}"?'
                if meant
                else f"Write one of: {', '.join(sorted(kinds))}."
            )
            put = None if meant is None else Suggestion(("kind",), "put", meant)
            problems.append(Problem("kind", what, ask, suggestion=put))
        for read in (coarse_table, camera_table, _open_circuit, self._stop):
            try:
                read(self.file)
            except PlanError as error:
                problems += error.problems
        rig = None
        if chosen is not None:  # Which may be what was meant, to see what else is wrong.
            try:
                rig = self._of_kind(kinds[chosen])
            except PlanError as error:
                problems += map(self._elsewhere, error.problems)
            if rig is not None:
                try:
                    rig = self._of_parts(rig)
                except PlanError as error:
                    problems += error.problems
        if problems or rig is None:
            raise PlanError(self.file.source, problems)
        return rig

    def _stop(self, file: RigFile) -> None:
        """Refuse a stop of a stage that nobody has measured.

        Raises:
            PlanError: it is refused.
        """
        if not self.commissioning and (problems := list(stop_problems(file.config))):
            raise PlanError(file.source, problems)

    def _elsewhere(self, problem: Problem) -> Problem:
        """Say which shipped rig has a sample that a simulated one does not have."""
        if problem.where != "sample" or not self.file.simulated:
            return problem
        having = [name for name, path in rigs().items() if self.mounted.sample in _samples(path)]
        if not having:
            return problem
        which = f"The shipped rig {having[0]} has it: --rig {having[0]}."
        return replace(problem, remedy=f"{which} {problem.remedy}".rstrip())

    def _of_parts(self, rig: Rig) -> Rig:
        """Return the rig with the devices of their own that the file names for stage and cell.

        Raises:
            PlanError: with every mistake of the tables `[controller]` and `[potentiostat]`.
        """
        if not {"controller", "potentiostat"} & set(self.file.config):
            return rig
        stage, cell, stream = parts_of(rig)
        problems: list[Problem] = []
        for name in ("controller", "potentiostat"):
            if name not in self.file.config:
                continue
            try:
                if name == "controller":
                    build_stage: StageBuilder = self._device(name, STAGE_GROUP, "stage controller")
                    stage = build_stage(self.file.config[name], source=self.file.source, beside=rig)
                else:
                    build_cell: CellBuilder = self._device(name, CELL_GROUP, "potentiostat")
                    cell = build_cell(self.file.config[name], source=self.file.source, beside=rig)
                    problems += self._edge_problems(cell, stream)
            except PlanError as error:
                problems += error.problems
        if problems:
            raise PlanError(self.file.source, problems)
        return rig_of(stage, cell, stream, name=rig.info.name)

    def _device(self, name: str, group: str, words: str) -> Any:
        """Return what builds the device of a table.

        Raises:
            PlanError: nothing does.
        """
        table = self.file.config[name]
        kinds = {point.name: point for point in entry_points(group=group)}
        kind = table.get("kind") if isinstance(table, Mapping) else None
        if kind not in kinds:
            known = ", ".join(f'"{name}"' for name in sorted(kinds)) or "none is installed"
            what = "is missing." if kind is None else f"{kind!r} is not a kind of {words}."
            remedy = f"Install the package that drives it, or write one of: {known}."
            raise PlanError(self.file.source, [Problem(f"{name}.kind", what, remedy)])
        return kinds[kind].load()

    def _edge_problems(self, cell: Cell, stream: Stream) -> list[Problem]:
        """Find an edge of an instrument that no input sees."""
        edge = "" if cell.info.runs is None else cell.info.runs.edge
        known = sorted(signal.name for signal in stream.info.signals)
        if not edge or edge in known:
            return []
        what = f'"{edge}" is not a signal of this rig: its line is wired to no input.'
        remedy = f"Declare it as [signals.{edge}], or leave it out. {similar(edge, known)}"
        return [Problem("potentiostat.edge", what, remedy)]

    def _of_kind(self, point: EntryPoint) -> Rig:
        try:
            builder: Builder = point.load()
        except ImportError as error:
            remedy = "Install the package that is missing."
            what = f"{point.name!r}: {error}."
            raise PlanError(self.file.source, [Problem("kind", what, remedy)]) from error
        tables = {key: value for key, value in self.file.config.items() if key not in BESIDE}
        return builder(
            {**tables, "kind": point.name},
            self.mounted,
            source=self.file.source,
            seed=self.seed,
            faults=self.faults,
            pace=self.pace,
            first_site=self.first_site,
        )
