"""A run whose sites are asked for by bluesky, one hop at a time.

A `Place` says where the next hop goes. The tip never travels by itself: way, height and contact of
a hop are those of the plan, with every guard of a run, and all is in one data file.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seccm.devices.status import DeviceStatus
from seccm.errors import NotNow, SeccmError
from seccm.events import Paused, RunStopped
from seccm.plan import Plan, load_plan
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.session import Run, run

_LOOK = 0.2
"""Seconds from one look to the next at whether a hop is asked for."""


@dataclass(slots=True)
class _Wanted:
    x: float
    y: float
    status: DeviceStatus


class Instrument:
    """A run that visits the places that bluesky names.

    Args:
        plan: what is done at each place; its own sites are not visited.
        rig: the name or file of a rig.
        path: the data file to make.
        seed: of virtual rigs.

    Begin it with `stage` (bluesky does, for a staged hop) or as a context manager.
    """

    def __init__(
        self, plan: Plan | str, rig: str = "virtual", path: str | Path | None = None, seed: int = 0
    ) -> None:
        self.plan = plan if isinstance(plan, Plan) else load_plan(plan)
        self._rig, self._path, self._seed = rig, path, seed
        self._asked: queue.Queue[_Wanted | None] = queue.Queue()
        self._now: _Wanted | None = None
        self._thread: threading.Thread | None = None
        self._run: Run | None = None
        self._closing = False
        self.last: Finished | None = None
        """What the last hop found."""
        self.x, self.y, self.hop = Place(self, "x"), Place(self, "y"), Hop(self)

    def __enter__(self) -> Instrument:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def path(self) -> Path | None:
        """The data file."""
        return None if self._run is None else self._run.path

    def begin(self) -> None:
        """Connect the rig and lay out the data file; nothing moves yet.

        Raises:
            PlanError, DataFileError, RigError: as `seccm.run`.
        """
        if self._thread is not None:
            return
        self._closing = False
        self._run = run(
            self.plan, self._rig, path=self._path, seed=self._seed, planner=_Asked(self)
        )
        self._thread = threading.Thread(target=self._carry_out, name="bluesky run", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End the run: the tip is up, the cell off, the file closed.

        A hop that is still going on is stopped, not waited for: bluesky ends the run in the middle
        of one only where its plan was aborted, stopped or halted, or has failed.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._closing = True
        self.ask("resume" if self._now is None else "stop")
        self._asked.put(None)
        thread.join()

    def ask(self, request: str) -> None:
        """Ask the run to pause, resume, stop or skip; nothing happens where it cannot now."""
        if self._run is not None:
            with suppress(NotNow):
                self._run.ask(request)

    def visit(self) -> DeviceStatus:
        """Ask for a hop at the place that is set; the status ends with its results.

        Raises:
            SeccmError: the run has not begun, or no place is set.
        """
        status = DeviceStatus()
        x, y = self.x.target, self.y.target
        if self._thread is None or not self._thread.is_alive():
            raise SeccmError(
                "No run is going on: begin it with Instrument.begin, or stage the hop."
            )
        if not (math.isfinite(x) and math.isfinite(y)):
            raise SeccmError("No place is set: move x and y before a hop.")
        self._asked.put(_Wanted(x, y, status))
        return status

    # ------------------------------------------------------------- called by the planner

    def next(self) -> Site | None:
        """Wait for the next place that is asked for; None ends the run."""
        wanted = self._asked.get()
        self._now = wanted
        if wanted is None or self._closing:
            return None
        levels = {name: given[0] for name, given in self._levels().items()}
        return self.plan.site(wanted.x, wanted.y, levels or None)

    def _levels(self) -> Mapping[str, Any]:
        return self.plan.to_dict().get("factors") or {}

    def tell(self, finished: Finished) -> None:
        """Take what a hop found."""
        self.last = finished
        done, self._now = self._now, None
        if done is not None:
            done.status.end()

    def _carry_out(self) -> None:
        error: BaseException | None = None
        assert self._run is not None
        try:
            with self._run as going:
                for event in going:
                    if isinstance(event, Paused) and event.by_planner:
                        self._refused(event.why)
                    if isinstance(event, RunStopped) and event.status != "complete":
                        error = SeccmError(f"The run has ended: {event}")
        except Exception as caught:  # told to whoever waits, in bluesky's thread
            error = caught
        self._give_up(error or SeccmError("The run has ended."))

    def _refused(self, why: str) -> None:
        """Tell whoever asked for a place that it cannot be visited, and wait for the next one."""
        wanted, self._now = self._now, None
        if wanted is not None:
            wanted.status.end(SeccmError(why))
        self.ask("resume")

    def _give_up(self, error: BaseException) -> None:
        if self._now is not None:
            self._now.status.end(error)
        while True:
            try:
                wanted = self._asked.get_nowait()
            except queue.Empty:
                return
            if wanted is not None:
                wanted.status.end(error)


class _Asked:
    """The planner of a run that bluesky steers."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument

    @property
    def total(self) -> int | None:
        """Nobody knows ahead."""
        return None

    def tell(self, finished: Finished) -> None:
        self._instrument.tell(finished)

    def ask(self) -> Site | None:
        return self._instrument.next()


class Place:
    """Where the next hop goes, along one axis: Movable and Readable."""

    parent = None

    def __init__(self, instrument: Instrument, axis: str) -> None:
        self._instrument, self.name = instrument, axis
        self.target = math.nan
        """Metres."""

    @property
    def position(self) -> float:
        """Where the next hop goes, in metres."""
        return self.target

    @property
    def hints(self) -> dict[str, Any]:
        """What bluesky draws by itself."""
        return {"fields": [self.name]}

    def set(self, value: float) -> DeviceStatus:
        """Say where the next hop goes, in metres; the tip travels there with the hop."""
        self.target = float(value)
        status = DeviceStatus()
        status.end()
        return status

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the place."""
        return {self.name: {"value": self.target, "timestamp": time.time()}}

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return what `read` returns, in words."""
        told = {"source": "SECCM:stage", "dtype": "number", "shape": [], "units": "m"}
        return {self.name: told}

    def read_configuration(self) -> dict[str, Any]:
        """Return nothing: the plan has it all."""
        return {}

    def describe_configuration(self) -> dict[str, Any]:
        """Return nothing: the plan has it all."""
        return {}

    def stop(self, *, success: bool = False) -> None:
        """Stop: a place that is set moves nothing."""


class Hop:
    """Come down, run the programme, go up: Triggerable, Readable and Pausable."""

    parent = None
    name = "hop"

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._own = False

    @property
    def hints(self) -> dict[str, Any]:
        """What bluesky draws by itself: the main result."""
        return {"fields": list(self._names())[1:2]}

    def stage(self) -> list[Any]:
        """Begin the run, where it has not begun."""
        self._instrument.begin()
        return [self]

    def unstage(self) -> list[Any]:
        """End the run; the tip is up, the file closed."""
        self._instrument.end()
        return [self]

    def trigger(self) -> DeviceStatus:
        """Hop at the place that is set; the status ends once its results are in the file."""
        return self._instrument.visit()

    def read(self) -> dict[str, dict[str, Any]]:
        """Return what the last hop found; NaN for what it did not find."""
        found, now = self._instrument.last, time.time()
        values: dict[str, Any] = dict.fromkeys(self._names(), math.nan)
        values["hop_outcome"] = "" if found is None else found.outcome.words
        if found is not None:
            values["hop_site"] = found.site.number
            if found.landing is not None:
                values["hop_z_contact"] = float(found.landing.z)
            for name in self._results():
                value = found.result(name) if name in found.results else None
                if value is not None and value.status.has_value:
                    values[f"hop_{name}"] = float(value.value)
        return {name: {"value": value, "timestamp": now} for name, value in values.items()}

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return what `read` returns, in words: results in SI."""
        described = {
            name: {"source": "SECCM:hop", "dtype": "number", "shape": [], "units": unit}
            for name, unit in self._names().items()
        }
        described["hop_outcome"] = {"source": "SECCM:hop", "dtype": "string", "shape": []}
        return described

    def read_configuration(self) -> dict[str, Any]:
        """Return the data file, which has the plan."""
        value = str(self._instrument.path or "")
        return {"hop_file": {"value": value, "timestamp": time.time()}}

    def describe_configuration(self) -> dict[str, Any]:
        """Return what the configuration is."""
        return {"hop_file": {"source": "SECCM:file", "dtype": "string", "shape": []}}

    def pause(self) -> None:
        """Pause the run: the tip waits, up, after the site that is going on."""
        self._instrument.ask("pause")

    def resume(self) -> None:
        """Let the run go on."""
        self._instrument.ask("resume")

    def stop(self, *, success: bool = False) -> None:
        """Stop the run: the tip is retracted, the cell off, the file closed."""
        self._instrument.ask("stop")

    def _names(self) -> dict[str, str]:
        known = {f"hop_{name}": unit for name, unit in self._results().items()}
        return {"hop_site": "", **known, "hop_z_contact": "m"}

    def _results(self) -> Mapping[str, str]:
        from seccm.analysis.features import Features

        return {
            column.name: column.unit for column in Features(self._instrument.plan).layout.features
        }
