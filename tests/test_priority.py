"""The program comes before others, on every system, where that is allowed; and steps back after."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from hardware.ni import priority as here

# Windows: the values of SetPriorityClass, learn.microsoft.com.
HIGH_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS = 0x80, 0x20


class Kernel:
    """Stands in for Windows' kernel32.

    Args:
        allows: whether a class may be chosen.
    """

    def __init__(self, allows: bool) -> None:
        self.chosen: list[int] = []

        def choose(process: Any, chosen: int) -> int:
            assert process == 77
            self.chosen.append(chosen)
            return int(allows)

        self.GetCurrentProcess = self._function(lambda: 77)
        self.SetPriorityClass = self._function(choose)

    @staticmethod
    def _function(does: Any) -> Any:
        def called(*arguments: Any) -> Any:
            return does(*arguments)

        return called


@pytest.fixture
def as_if_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Load the module as another system does; it is as it was afterwards."""

    def load(platform: str) -> ModuleType:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "platform", platform)
            return importlib.reload(here)

    yield load
    importlib.reload(here)


@pytest.mark.parametrize("allows", [True, False])
def test_windows_puts_the_process_first_and_back(
    as_if_on: Any, monkeypatch: pytest.MonkeyPatch, allows: bool
) -> None:
    kernel = Kernel(allows)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    undo = as_if_on("win32").come_first()
    assert kernel.chosen == [HIGH_PRIORITY_CLASS]
    undo()
    back = [NORMAL_PRIORITY_CLASS] if allows else []
    assert kernel.chosen == [HIGH_PRIORITY_CLASS, *back], "only what was done is undone"


def test_a_system_that_is_not_known_leaves_it_as_it_is(as_if_on: Any) -> None:
    module = as_if_on("plan9")
    assert module.come_first() is module.nothing
    module.nothing()


@pytest.fixture
def threads(as_if_on: Any, monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[int, int]]:
    """What Linux was told of each thread: its policy and its level."""
    as_if_on("linux")
    told: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(os, "SCHED_RR", 2, raising=False)
    monkeypatch.setattr(os, "SCHED_RESET_ON_FORK", 1 << 30, raising=False)
    monkeypatch.setattr(os, "SCHED_OTHER", 0, raising=False)
    monkeypatch.setattr(os, "sched_param", lambda level: level, raising=False)
    monkeypatch.setattr(os, "listdir", lambda path: ["11", "12", "13"])

    def tell(thread: int, policy: int, level: int) -> None:
        told[thread] = policy, level

    monkeypatch.setattr(os, "sched_setscheduler", tell, raising=False)
    return told


def test_linux_puts_every_thread_first_and_back(threads: dict[int, tuple[int, int]]) -> None:
    """All: one that holds the interpreter's lock would hold up the one that watches."""
    undo = here.come_first()
    assert set(threads) == {11, 12, 13}
    assert all(policy & 2 and level == here.PRIORITY for policy, level in threads.values())
    assert all(policy & (1 << 30) for policy, _ in threads.values()), "children are ordinary"
    undo()
    assert set(threads.values()) == {(0, 0)}


@pytest.mark.parametrize(
    ("error", "first"), [(PermissionError(), False), (ProcessLookupError(), True)]
)
def test_a_user_without_the_right_is_told_and_a_thread_that_ended_is_no_matter(
    threads: dict[int, tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
    error: OSError,
    first: bool,
) -> None:
    def refuse(thread: int, policy: int, level: int) -> None:
        if thread == 13:
            raise error

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    assert (here.come_first() is not here.nothing) == first
