"""What Qt needs of the system, and the packages of Debian and Ubuntu that bring it.

Needs nothing but Python: the set-up runs this file before anything is installed, and prints the
packages that are missing. The lists are what `readelf -d` names of Qt 6.10's libraries and of its
plugins libqxcb and libqwayland, without those that come with PySide6 or with every system.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping

Libraries = Mapping[str, str]
"""The package that brings each shared library."""

EVERYWHERE: Libraries = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
"""Of Qt itself, also without a screen."""
X11: Libraries = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Of a window on an X server, XWayland included."""
WAYLAND: Libraries = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
"""Of a window on Wayland."""


def opens(library: str) -> bool:
    """Tell whether the system finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing(needed: Libraries, there: Callable[[str], bool] = opens) -> tuple[str, ...]:
    """Return the packages whose libraries are not there, sorted."""
    return tuple(sorted({package for name, package in needed.items() if not there(name)}))


def obstacle(
    environment: Mapping[str, str], system: str, there: Callable[[str], bool] = opens
) -> str:
    """Say why Qt could not open a window, and what to do; empty where nothing is known.

    Asked before Qt is loaded, which would end the program without a sentence.

    Args:
        environment: variables such as DISPLAY.
        system: as `sys.platform` names it.
        there: tells whether a shared library can be opened.
    """
    if not system.startswith("linux"):
        return ""
    packages = missing(EVERYWHERE, there)
    if not environment.get("QT_QPA_PLATFORM"):
        x, wayland = (bool(environment.get(name)) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
        if not x and not wayland:
            return (
                "There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set. Start the window "
                "on a desktop; over ssh, use ssh -X. Everything else works without a screen."
            )
        ways = [missing(X11, there)] * x + [missing(WAYLAND, there)] * wayland
        packages += min(ways, key=len)
    if not packages:
        return ""
    names = " ".join(sorted(set(packages)))
    return (
        "The window needs libraries of the system that are missing. On Debian and Ubuntu, "
        f"install them with: sudo apt-get install {names}"
    )


def environment_obstacle() -> str:
    """Say what stands in the way of a window here and now."""
    return obstacle(os.environ, sys.platform)


if __name__ == "__main__":
    print(" ".join(missing({**EVERYWHERE, **X11, **WAYLAND})))
