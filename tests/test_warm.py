"""A warm Python is one like any other: it does, says and ends as one that the system begins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm

pytestmark = pytest.mark.skipif(not warm.POSSIBLE, reason="there are no warm Pythons here")

PROGRAMS = {
    "arguments": "import sys; print(sys.argv, __name__)",
    "folder": "import os, sys; print(os.getcwd(), repr(sys.path[0]))",
    "environment": "import os; print(sorted(os.environ.items()))",
    "letters": "import sys; print('µ 日', sys.stdout.encoding); print('\\udcff', file=sys.stderr)",
    "code": "import sys; sys.exit(3)",
    "sentence": "import sys; sys.exit('it went wrong')",
    "at exit": "import atexit; atexit.register(print, 'last'); print('first')",
    "threads": "import threading; threading.Timer(0.01, print, ['late']).start(); print('early')",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "ignored": "import os, signal; os.kill(os.getpid(), signal.SIGHUP); print('lives')",
    "signals": "import signal; print([(s.name, signal.getsignal(s)) for s in signal.Signals "
    "if s not in (signal.SIGINT, signal.SIGHUP)])",
    "session": "import os; print(os.getsid(0) == os.getpid())",
    "input": "import sys; print(sys.stdin.read())",
    "files": "import os; print(sorted(os.listdir('/proc/self/fd'))[:4])",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_does_and_says_what_any_python_does(name: str, tmp_path: Path) -> None:
    """The arguments, folder, environment, input and ignored signals are those it is given."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        came = [_came(by, PROGRAMS[name], tmp_path) for by in (subprocess.Popen, warm.begun)]
    finally:
        signal.signal(signal.SIGHUP, before)
    assert came[0] == came[1]


def _came(by: Any, program: str, folder: Path) -> tuple[int, str, str]:
    child = by(
        [sys.executable, "-c", program, "one", "two words"], cwd=folder, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "MINE": "yes", "PYTHONIOENCODING": "utf-8"}, start_new_session=True,
    )  # fmt: skip
    out, errors = child.communicate()
    # Of an error, the line that says it: where it was raised is another place.
    return child.returncode, out, "".join(errors.splitlines()[-1:])


def test_a_script_and_a_module_are_the_main_program(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys, beside; print(__name__, sys.argv, beside.NAME)")
    (tmp_path / "beside.py").write_text("NAME = 'beside'")
    for words in ([str(script), "a"], ["-m", "script", "a"]):
        for by in (subprocess.run, warm.ran):
            done = by([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True)
            assert done.stdout == f"__main__ {[str(script), 'a']} beside\n", done.stderr


def test_one_that_hangs_is_told_of_and_one_that_fails_too() -> None:
    asleep = [sys.executable, "-c", "import signal; signal.pause()"]
    with pytest.raises(subprocess.TimeoutExpired):
        warm.ran(asleep, timeout=0.01)
    with pytest.raises(subprocess.CalledProcessError):
        warm.ran([sys.executable, "-c", "raise SystemExit(2)"], check=True)
    child = warm.begun(asleep)
    assert child.poll() is None
    child.terminate()
    assert child.wait() == -signal.SIGTERM
    child.kill()  # is nobody's any more


def test_what_is_written_to_it_is_read() -> None:
    with warm.begun(
        [sys.executable, "-c", "for line in iter(input, ''): print(line.upper(), flush=True)"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        for word in ("one", "two"):
            child.stdin.write(f"{word}\n")
            child.stdin.flush()
            assert child.stdout.readline() == f"{word.upper()}\n"
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.wait() == 0


def test_a_command_begins_another_as_warm() -> None:
    """Such as the one that packs its file, which would import the program again."""
    code = (
        "import os, sys; import seccm.data.finishing as f; "
        "child = f.subprocess.Popen([sys.executable, '-c', 'import os; print(os.getppid())'], "
        "stdout=f.subprocess.PIPE, text=True); print(os.getppid(), child.communicate()[0])"
    )
    done = warm.ran([sys.executable, "-c", code], capture_output=True, text=True)
    mine, its = done.stdout.split()
    assert mine == its, "both are forks of one server"
