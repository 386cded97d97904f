"""The window: a client of the engine that polls it thirty times a second and decides nothing."""

from __future__ import annotations

from pathlib import Path

MISSING = (
    "The window needs PySide6 and pyqtgraph, which are not installed. "
    "Install them with: {}. Everything else works without them."
)


def open_window(
    plan: str | Path = "",
    rig: str | Path = "virtual",
    *,
    in_process: bool = False,
    theme: str = "",
    glove: bool = False,
    pace: float = 1.0,
) -> int:
    """Open the window and stay until it is closed; see `ui.app.main`.

    Raises:
        SeccmError: the libraries of the window, or what they need of the system, are missing.
    """
    from seccm.errors import SeccmError
    from seccm.installing import install_hint
    from ui.system_libraries import environment_obstacle

    if words := environment_obstacle():
        raise SeccmError(words)
    try:
        from ui.app import main
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("PySide6", "pyqtgraph", "shiboken6", "tomlkit"):
            raise SeccmError(MISSING.format(install_hint("ui"))) from None
        raise
    return main(
        plan, rig, in_process=in_process, theme=theme, glove=glove, pace=pace
    )  # fmt: skip
