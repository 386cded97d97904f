"""What Qt misses of the system is named with the one command that brings it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from seccm.installing import install_hint
from ui.system_libraries import EVERYWHERE, WAYLAND, X11, missing, obstacle

ROOT = Path(__file__).resolve().parents[1]
DESK = {"DISPLAY": ":0"}


def without(*libraries: str):
    return lambda name: name not in libraries


def test_a_fresh_desktop_is_told_one_command():
    """The usual three that a minimal Debian or Ubuntu lacks."""
    words = obstacle(
        DESK, "linux", without("libxcb-cursor.so.0", "libxkbcommon-x11.so.0", "libxcb-icccm.so.4")
    )
    command = "sudo apt-get install libxcb-cursor0 libxcb-icccm4 libxkbcommon-x11-0"
    assert words.endswith(command)


@pytest.mark.parametrize("library", [*EVERYWHERE, *X11])
def test_each_library_of_a_window_on_x_is_named_by_its_package(library: str):
    assert {**EVERYWHERE, **X11}[library] in obstacle(DESK, "linux", without(library)).split()


def test_with_wayland_as_well_one_way_to_the_screen_is_enough():
    both = {**DESK, "WAYLAND_DISPLAY": "wayland-0"}
    assert obstacle(both, "linux", without(*X11)) == ""
    assert obstacle(both, "linux", without(*WAYLAND)) == ""
    neither = obstacle(both, "linux", without(*X11, "libwayland-client.so.0"))
    assert neither.endswith("install libwayland-client0")


def test_without_a_screen_that_is_said_and_what_works_without():
    words = obstacle({}, "linux", lambda name: True)
    assert "DISPLAY" in words
    assert "ssh -X" in words


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_qt_brings_all_it_needs(system: str):
    assert obstacle({}, system, lambda name: False) == ""


def test_a_platform_that_was_chosen_needs_no_screen():
    chosen = {"QT_QPA_PLATFORM": "offscreen"}
    assert obstacle(chosen, "linux", without(*X11, *WAYLAND)) == ""
    assert "libegl1" in obstacle(chosen, "linux", without("libEGL.so.1"))


def test_the_set_up_prints_the_packages_with_the_bare_python():
    script = ROOT / "ui" / "system_libraries.py"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(script)], capture_output=True, text=True, check=True
    )
    known = set({**EVERYWHERE, **X11, **WAYLAND}.values())
    assert set(ran.stdout.split()) <= known
    assert ran.stdout.split() == list(missing({**EVERYWHERE, **X11, **WAYLAND}))


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries are those of Linux")
def test_every_library_that_qts_plugin_needs_is_in_the_list():
    """A newer Qt that needs another one fails here, not on somebody's desktop."""
    import PySide6

    plugins = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms"
    for plugin, libraries in (("libqxcb.so", X11), ("libqwayland.so", WAYLAND)):
        needed = set(
            re.findall(
                rb"lib(?:xcb|xkb|wayland|X11)[\w+-]*\.so\.\d", (plugins / plugin).read_bytes()
            )
        )
        names = {name.decode() for name in needed}
        assert names <= {*libraries, *EVERYWHERE}, plugin
        assert names


def test_the_command_for_an_extra_fits_a_checkout():
    hint = install_hint("ui")
    assert f'-e "{ROOT}[ui]"' in hint
    assert sys.executable in hint


def test_without_a_checkout_the_extra_comes_from_the_registry(tmp_path: Path):
    assert install_hint("ni", tmp_path).endswith('pip install "seccm[ni]"')
