"""Where hosts are found: a folder that its owner alone can enter, with one folder for each host.

<runtime>/<name>/key       32 random bytes; who can read them may talk to the host
<runtime>/<name>/host      the socket, where there are Unix sockets
<runtime>/<name>/host.json what runs there; written last, so its presence says "listening"
<runtime>/<name>/log       what the host's libraries print
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seccm.errors import SeccmError

KEY_BYTES = 32
WINDOWS = sys.platform == "win32"


class ChannelError(SeccmError):
    """The host cannot be reached, is gone, or does not let one in. The scan is not affected."""


def runtime_folder() -> Path:
    """Return the folder of all hosts of this user on this machine, made if need be.

    Raises:
        ChannelError: it belongs to, or is open to, somebody else.
    """
    folder = _base()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not WINDOWS:
        # A folder in /tmp could have been put there by anybody before we came.
        found = folder.lstat()
        mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if not mine or stat.S_IMODE(found.st_mode) & 0o077:
            raise ChannelError(
                f"{folder}: other users can use this folder (mode "
                f"{stat.S_IMODE(found.st_mode):o}). Remove it, or run: chmod 700 on it."
            )
    return folder


def _base() -> Path:
    if WINDOWS:
        # Folders of a user's profile are closed to other users.
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local") / "seccm" / "run"
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "seccm"
    return Path(tempfile.gettempdir()) / f"seccm-{os.getuid()}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The folder of one host."""

    folder: Path

    @classmethod
    def named(cls, name: str) -> Endpoint:
        """Return the endpoint of a host by its name.

        Raises:
            ChannelError: the folder of all hosts is not safe.
        """
        if not name.isalnum():
            raise ChannelError(f"{name!r} is not a name of a host.")
        return cls(runtime_folder() / name)

    @property
    def name(self) -> str:
        """The host's name."""
        return self.folder.name

    @property
    def family(self) -> str:
        """The kind of channel, as `multiprocessing.connection` names it."""
        return "AF_PIPE" if WINDOWS else "AF_UNIX"

    @property
    def address(self) -> str:
        """Where the host listens."""
        return rf"\\.\pipe\seccm-{self.name}" if WINDOWS else str(self.folder / "host")

    @property
    def log(self) -> Path:
        """Where the host's process prints to."""
        return self.folder / "log"

    def create(self) -> bytes:
        """Make the folder and a key in it, readable by the owner alone; return the key.

        Raises:
            ChannelError: there is such a host already.
        """
        try:
            self.folder.mkdir(mode=0o700)
        except FileExistsError:
            raise ChannelError(f"There is a host called {self.name} already.") from None
        key = secrets.token_bytes(KEY_BYTES)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(self.folder / "key", flags, 0o600), "wb") as file:
            file.write(key)
        return key

    def key(self) -> bytes:
        """Return the key.

        Raises:
            ChannelError: the host is gone, or the key is not ours to read.
        """
        try:
            return (self.folder / "key").read_bytes()
        except OSError as error:
            raise ChannelError(f"There is no host called {self.name}: {error}.") from None

    def announce(self, facts: Mapping[str, Any]) -> None:
        """Say that the host listens, and what it runs."""
        part = self.folder / "host.json.tmp"
        part.write_text(json.dumps(facts), encoding="utf-8")
        part.replace(self.folder / "host.json")

    @property
    def facts(self) -> dict[str, Any] | None:
        """What the host announced; None before it listens and after it is gone."""
        try:
            found = json.loads((self.folder / "host.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def remove(self) -> None:
        """Remove everything of a host that is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Running:
    """A host that lives."""

    name: str
    pid: int
    title: str
    """Of its run; empty while it has none."""
    path: str
    """The data file of its run; empty while it has none."""
    rig: str = ""
    """The file of its rig; empty while it has none, or if the rig came out of a data file."""
    run_id: str = ""
    """Of its run; empty while it has none."""


def endpoints() -> list[Endpoint]:
    """Return all endpoints that hosts have announced, the newest first; some may be dead.

    Raises:
        ChannelError: the folder of all hosts is not safe.
    """
    announced = [Endpoint(p.parent) for p in runtime_folder().glob("*/host.json")]
    return sorted(announced, key=_age)


def _age(endpoint: Endpoint) -> float:
    try:
        return -endpoint.folder.stat().st_mtime
    except OSError:
        return 0.0
