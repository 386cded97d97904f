"""A whole scan as a Flyable: begun, waited for, and collected site by site."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from seccm.data import open_scan
from seccm.devices.status import DeviceStatus
from seccm.errors import NotNow, SeccmError
from seccm.events import RunStopped
from seccm.plan import Plan
from seccm.session import Run, run


class ScanFlyer:
    """Runs a plan; bluesky gets a document for each site, and the name of the data file.

    Args:
        plan: a plan, its file, or the name of a shipped one.
        rig: the name or file of a rig.
        path: the data file to make.
        seed: of virtual rigs.
        name: of the stream in bluesky.
    """

    parent = None

    def __init__(
        self,
        plan: Plan | str,
        rig: str = "virtual",
        path: str | Path | None = None,
        seed: int = 0,
        name: str = "scan",
    ) -> None:
        self.name = name
        self._plan, self._rig, self._path, self._seed = plan, rig, path, seed
        self._run: Run | None = None
        self._thread: threading.Thread | None = None
        self._done = DeviceStatus()

    @property
    def path(self) -> Path | None:
        """The data file, once the scan has begun."""
        return None if self._run is None else self._run.path

    def kickoff(self) -> DeviceStatus:
        """Begin the scan; the status ends once it is going on.

        Raises:
            PlanError, DataFileError, RigError: as `seccm.run`; nothing moved.
        """
        if self._thread is not None and self._thread.is_alive():
            raise SeccmError("The scan is going on already.")
        self._done = DeviceStatus()
        self._run = run(self._plan, self._rig, path=self._path, seed=self._seed)
        self._thread = threading.Thread(target=self._carry_out, name="bluesky scan", daemon=True)
        begun = DeviceStatus()
        self._thread.start()
        begun.end()
        return begun

    def complete(self) -> DeviceStatus:
        """Return a status that ends with the scan."""
        return self._done

    def describe_collect(self) -> dict[str, dict[str, Any]]:
        """Return what each site has."""
        with open_scan(self._file()) as scan:
            keys = {
                f"{self.name}_{column.name}": {
                    "source": f"SECCM:{scan.path.name}", "dtype": "number", "shape": [],
                    "units": column.unit,
                }
                for column in scan.features
            }  # fmt: skip
        for axis in ("x", "y"):
            keys[f"{self.name}_{axis}"] = {
                "source": "SECCM:stage", "dtype": "number", "shape": [], "units": "m",
            }  # fmt: skip
        keys[f"{self.name}_outcome"] = {"source": "SECCM:hop", "dtype": "string", "shape": []}
        return {self.name: keys}

    def collect(self) -> Iterator[dict[str, Any]]:
        """Yield a document for each site that was finished."""
        with open_scan(self._file()) as scan:
            sites = scan.sites
            outcomes = sites.words("status")
            for number in range(len(sites)):
                data: dict[str, Any] = {
                    f"{self.name}_{column.name}": float(sites[column.name][number])
                    for column in scan.features
                }
                for axis in ("x", "y"):
                    there = float(sites[axis][number])
                    planned = float(sites[f"{axis}_cmd"][number])
                    data[f"{self.name}_{axis}"] = there if np.isfinite(there) else planned
                data[f"{self.name}_outcome"] = str(outcomes[number])
                now = time.time()
                yield {"data": data, "timestamps": dict.fromkeys(data, now), "time": now}

    def pause(self) -> None:
        """Pause after the site that is going on, tip up."""
        self._ask("pause")

    def resume(self) -> None:
        """Let the scan go on."""
        self._ask("resume")

    def stop(self, *, success: bool = False) -> None:
        """Stop: the tip is retracted, the cell off, the file closed and resumable."""
        self._ask("stop")

    def join(self) -> None:
        """Wait until nothing of the scan is left."""
        if self._thread is not None:
            self._thread.join()

    def _ask(self, request: str) -> None:
        if self._run is not None:
            with suppress(NotNow):
                self._run.ask(request)

    def _carry_out(self) -> None:
        error: BaseException | None = None
        assert self._run is not None
        try:
            with self._run as going:
                for event in going:
                    if isinstance(event, RunStopped) and event.status == "fault":
                        error = SeccmError(str(event))
        except Exception as caught:  # told to whoever waits, in bluesky's thread
            error = caught
        self._done.end(error)

    def _file(self) -> Path:
        if self.path is None:
            raise SeccmError("The scan has not begun: call kickoff first.")
        return self.path
