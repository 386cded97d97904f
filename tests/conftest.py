"""What every test must leave as it found it."""

from __future__ import annotations

import os

# Workers of the suite share the cores: threads of linear algebra would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Programs that the tests start need not compile again what the first of them has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import functools
import gc
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import warm
from children import Packing, tried, tried_once
from hypothesis import settings
from waiting import HANGING

from seccm import open_kinds
from sim.truth import Truth

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # windows need no display

# How long an example takes is the machine's affair. The suite draws the same examples every time:
# it says whether a change broke something, and never fails by chance. New examples are looked for
# apart: pytest -m hypothesis --hypothesis-profile=explore, as often as one likes.
settings.register_profile("seccm", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=300, print_blob=True)
settings.load_profile("seccm")


def pytest_sessionstart() -> None:
    """Have nothing looked for that could be freed while tests are collected: all of it stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for what can be freed among what tests make, not among the thousands of tests."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(700, 10, 50)  # all of a worker's memory a fifth as often: it is large


def _kinds_put_back() -> Iterator[None]:
    before = [(kinds, list(kinds._registered), kinds.all()) for kinds in open_kinds._EVERY]
    yield
    for kinds, registered, found in before:
        added = kinds._registered != registered
        kinds._registered, kinds._found = registered, found
        if added:
            for listener in kinds._listeners:
                listener()
    for kinds in open_kinds._EVERY[len(before) :]:  # of a module that was imported meanwhile
        kinds._registered, kinds._found = [], None


@pytest.fixture(autouse=True, scope="module")
def no_kind_of_a_file_left_behind() -> Iterator[None]:
    """Forget the steps, planners, formats ... that the tests of one file have added."""
    yield from _kinds_put_back()


@pytest.fixture(autouse=True)
def no_kind_left_behind() -> Iterator[None]:
    """Forget the steps, planners, formats ... that one test has added, or hid."""
    yield from _kinds_put_back()


@pytest.fixture(autouse=True, scope="session")
def machines_may_be_slow() -> Iterator[None]:
    """Have clients of hosts wait for what must happen, however long that takes here."""
    from seccm.remote.client import client

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "WAITING", HANGING)
        yield


@pytest.fixture(autouse=True, scope="session")
def nothing_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have no plans, notes, queues or catalogue of whoever runs the tests; leave none behind."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("SECCM_HOME", str(home))
        patch.setenv("SECCM_CATALOG", str(home / "catalog"))
        yield


@pytest.fixture(autouse=True, scope="session")
def quickly_packed_and_tried() -> Iterator[None]:
    """Have files packed, and tried where they are not sealed, by children that import nothing.

    So begin the processes that runs of windows live in. A new Python takes some seconds for it,
    and the suite would begin more than a thousand.

    Nothing else is different, and what is begun by `subprocess` does all as users have it. It
    holds for the whole session, since files are also made for all tests of a module.
    """
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform != "win32":
            patch.setattr("seccm.session.running.finish_apart", Packing)
            patch.setattr("seccm.data.vetting._try", tried)
            patch.setattr("seccm.remote.host.process.subprocess", warm.SUBPROCESS)
        yield
    warm.ended()


@pytest.fixture(autouse=True, scope="session")
def nobody_pulls_the_plug() -> Iterator[None]:
    """Have nothing wait for the disk: what a killed program has written, the system still has.

    What a power cut leaves is planted apart (`cut_disk`). What is begun by `subprocess` waits.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, lambda descriptor: None, raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def quickly_commanded() -> Iterator[None]:
    """Have the commands of a program made once, as for its users, and not for each command."""
    import typer.testing

    with pytest.MonkeyPatch.context() as patch:
        made = functools.cache(typer.testing._get_command)
        patch.setattr(typer.testing, "_get_command", made)
        yield


@pytest.fixture(autouse=True, scope="session")
def quickly_drawn() -> Iterator[None]:
    """Have figures say their letters in curves: to cut fonts takes the most of writing a PDF."""
    from seccm.report import style

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(style.RC, "pdf.fonttype", 3)
        yield


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished file and one of a killed program, of few and short sites; to be copied."""
    from fuzz_files import base_files

    return base_files(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def quickly_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have data files that are not sealed tried by a child, once for the same content."""
    if sys.platform != "win32":
        monkeypatch.setattr("seccm.data.vetting._try", tried_once)


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
