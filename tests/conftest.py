"""What every test must leave as it found it."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes is the machine's affair.
settings.register_profile("seccm", deadline=None)
settings.load_profile("seccm")


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind."""
    threads = set(threading.enumerate())
    children = set(multiprocessing.active_children())
    yield
    left = [t for t in threading.enumerate() if t not in threads]
    for thread in left:
        thread.join(5.0)
    late = [t.name for t in left if t.is_alive()]
    orphans = [p for p in multiprocessing.active_children() if p not in children]
    names = [p.name for p in orphans]
    for orphan in orphans:
        orphan.kill()
        orphan.join(5.0)
    assert not late, f"threads left running: {late}"
    assert not names, f"processes left running: {names}"


@pytest.fixture(autouse=True)
def no_look_left_behind() -> Iterator[None]:
    """Take off what a window of one test had dressed the application of all with."""
    yield
    if "ui.theme" not in sys.modules:
        return
    from PySide6.QtWidgets import QApplication

    from ui.pushed import GLOVES

    app = QApplication.instance()
    if isinstance(app, QApplication) and app.styleSheet():
        app.setStyleSheet("")
        app.setProperty(GLOVES, False)
