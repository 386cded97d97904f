"""What every test must leave as it found it."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from children import Packing
from hypothesis import settings
from waiting import HANGING

from sim.truth import Truth

# How long an example takes is the machine's affair.
settings.register_profile("seccm", deadline=None)
settings.load_profile("seccm")


@pytest.fixture(autouse=True)
def machines_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have clients of hosts wait for what must happen, however long that takes here."""
    from seccm.remote.client import client

    monkeypatch.setattr(client, "WAITING", HANGING)


@pytest.fixture(autouse=True)
def quickly_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files packed by a child that need not import the program: a new Python takes a second.

    Nothing else is different, and runs in processes of their own pack as users have it.
    """
    if sys.platform != "win32":
        monkeypatch.setattr("seccm.session.running.finish_apart", Packing)


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished file and one of a killed program, of few and short sites; to be copied."""
    from fuzz_files import base_files

    return base_files(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def quickly_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have data files that are not sealed tried by a fork: a new process takes a second each."""
    if hasattr(os, "fork"):
        from fuzz_files import forked

        from seccm.data import vetting

        monkeypatch.setattr(vetting, "_try", forked)


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind."""
    threads = set(threading.enumerate())
    children = set(multiprocessing.active_children())
    yield
    left = [t for t in threading.enumerate() if t not in threads]
    for thread in left:
        thread.join(HANGING)
    late = [t.name for t in left if t.is_alive()]
    orphans = [p for p in multiprocessing.active_children() if p not in children]
    names = [p.name for p in orphans]
    for orphan in orphans:
        orphan.kill()
        orphan.join(HANGING)
    assert not late, f"threads left running: {late}"
    assert not names, f"processes left running: {names}"


WORLDS: list[Truth] = []
"""What really happened in every virtual world of this process that no test has answered for yet."""


def _remembered(self: Truth) -> None:
    WORLDS.append(self)
    _made(self)


_made, Truth.__init__ = Truth.__init__, _remembered  # type: ignore[method-assign, assignment]


@pytest.fixture(autouse=True)
def no_glass_on_the_surface(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in whose virtual worlds glass met the surface, unless it plants that."""
    yield
    touched = [words for truth in WORLDS for words in truth.words]
    WORLDS.clear()
    if request.node.get_closest_marker("glass") is None:
        assert not touched, f"{touched}: a test that means this is marked with @pytest.mark.glass"


@pytest.fixture(autouse=True)
def no_look_left_behind() -> Iterator[None]:
    """Take off what a window of one test had dressed the application of all with."""
    yield
    # A test may hide the libraries of the window.
    if "ui.theme" not in sys.modules or sys.modules.get("PySide6.QtWidgets") is None:
        return
    from PySide6.QtWidgets import QApplication

    from ui.pushed import GLOVES

    app = QApplication.instance()
    if isinstance(app, QApplication) and app.styleSheet():
        app.setStyleSheet("")
        app.setProperty(GLOVES, False)
