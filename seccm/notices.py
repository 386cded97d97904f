"""Tells somebody who is not at the rig: a notice on the desktop, and others through apprise.

The file `notices.txt` in the folder of what a user keeps has an address of apprise on each line,
such as "mailto://user:password@example.org" or "ntfy://my-rig". Without it, there is the desktop
only. A notice that cannot be given never disturbs a run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

from seccm.own_folder import own_folder

TITLE = "seccm"
PATIENCE = 20.0
"""Seconds that a program may take to show a notice."""


def addresses() -> tuple[str, ...]:
    """Return where notices go beside the desktop; empty lines and comments are left out."""
    try:
        lines = own_folder("notices.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    stripped = (line.strip() for line in lines)
    return tuple(line for line in stripped if line and not line.startswith("#"))


def give(words: str) -> tuple[str, ...]:
    """Give a notice everywhere.

    Args:
        words: a sentence.

    Returns:
        What could not be done, in sentences; nothing if all could.
    """
    failed = [] if _on_desktop(words) else ["The desktop shows no notices here."]
    if known := addresses():
        failed += _by_apprise(known, words)
    return tuple(failed)


def desktop_command(words: str, system: str = sys.platform) -> list[str]:
    """Return the command that shows a notice on the desktop of a system."""
    if system == "darwin":
        # As arguments, so that no word of a title is taken for a part of the script.
        script = (
            "on run argv\ndisplay notification (item 1 of argv) with title (item 2 of argv)\nend"
        )
        return ["osascript", "-e", script, words, TITLE]
    if system == "win32":
        show = (
            "Add-Type -AssemblyName System.Windows.Forms, System.Drawing;"
            "$n = New-Object System.Windows.Forms.NotifyIcon;"
            "$n.Icon = [System.Drawing.SystemIcons]::Information; $n.Visible = $true;"
            f"$n.ShowBalloonTip(10000, '{TITLE}', '{words.replace(chr(39), chr(39) * 2)}', 'Info');"
            "Start-Sleep 5; $n.Dispose()"
        )
        return ["powershell", "-NoProfile", "-Command", show]
    return ["notify-send", "--app-name", TITLE, "--", TITLE, words]


def _on_desktop(words: str) -> bool:
    command = desktop_command(words)
    if shutil.which(command[0]) is None:
        return False
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _by_apprise(known: Sequence[str], words: str) -> list[str]:
    try:
        import apprise
    except ImportError:
        from seccm.installing import install_hint

        return [f"Notices by mail or chat need a package: {install_hint('notices')}"]
    failed = []
    for number, address in enumerate(known, 1):
        teller = apprise.Apprise()
        try:
            told = teller.add(address) and teller.notify(body=words, title=TITLE)
        except Exception as error:  # Whatever a service does, the run is not affected.
            told, why = False, f": {error}"
        else:
            why = ""
        if not told:  # The address itself holds a password, and is not printed.
            failed.append(f"Line {number} of notices.txt: the notice was not sent{why}.")
    return failed
