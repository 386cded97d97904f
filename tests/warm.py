"""New Pythons that begin with everything imported, where the system can do that.

A Python that imports the program takes two seconds of a processor for it, a run with its
analysis three, and the suite would begin hundreds. On Linux a server imports all of it once, and
a new Python is a fork of that server: a process of its own, with the arguments, folder,
environment, files and ignored signals of whoever began it, which ends as any Python does.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import types
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

HERE = Path(__file__)
POSSIBLE = sys.platform == "linux"
IMPORTED = (
    "seccm.cli.commands", "seccm.cli.interruption", "seccm.cli.outlet", "seccm.remote.host.process",
    "seccm.data.redo", "seccm.data.repair", "sim", "scipy.signal", "scipy.optimize",
    "typer.main", "seccm.filming.film", "seccm.filming.process", "seccm.report",
)  # fmt: skip
"""What a server imports, and with it all that these import."""
SERVER = "import sys; sys.path.insert(0, {here!r}); import warm; warm.be_a_server(*sys.argv[1:])"
MOST = 1 << 20
"""Bytes of a request."""
_address = ""
"""Of the server, in the process that has begun it and in all that the server has made."""
_server: subprocess.Popen[bytes] | None = None


class Warm:
    """A new Python as a fork of the server, which looks like `subprocess.Popen`.

    Args:
        args: what follows the name of the program: `-m MODULE`, `-c CODE` or a script, and more.
        given: descriptors of its input, output and errors.
        cwd: where it begins; here if None.
        env: its environment; this process's if None.
        session: whether it begins a session of its own.
    """

    stdin: IO[Any] | None = None
    stdout: IO[Any] | None = None
    stderr: IO[Any] | None = None

    def __init__(
        self,
        args: Sequence[str],
        given: Sequence[int],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        session: bool = False,
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        ignored = [n for n in signal.valid_signals() if signal.getsignal(n) is signal.SIG_IGN]
        wanted = {
            "args": list(args), "cwd": os.path.abspath(cwd or "."), "session": session,
            "env": dict(os.environ if env is None else env), "ignored": list(map(int, ignored)),
        }  # fmt: skip
        self._waiting = threading.Lock()
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(_address)
        socket.send_fds(self._line, [json.dumps(wanted).encode()], list(given))
        self.pid = int(self._line.recv(MOST))

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit code; see `subprocess.Popen`."""
        with self._waiting:
            if self.returncode is None:
                self._line.settimeout(timeout)
                try:
                    self.returncode = int(self._line.recv(MOST))
                except (BlockingIOError, TimeoutError):
                    raise subprocess.TimeoutExpired(list(self.args), timeout or 0.0) from None
                self._line.close()
            return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """Read all it says and wait for its end; see `subprocess.Popen`."""
        if timeout is not None:
            self.wait(timeout)  # where a time limit is given, it says less than a pipe holds
        said = [None if pipe is None else pipe.read() for pipe in (self.stdout, self.stderr)]
        for pipe in (self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()
        self.wait()
        return said[0], said[1]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()
        self.wait()

    def __del__(self) -> None:
        self._line.close()


Process = subprocess.Popen[Any] | Warm


def begun(command: Sequence[str], **how: Any) -> Process:
    """Begin a command as `subprocess.Popen` does, and warm where it is a Python."""
    if not _can(command, how):
        return subprocess.Popen(command, **how)
    _serve()
    text = how.get("text") or how.get("encoding") is not None
    words = {"encoding": how.get("encoding") or "utf-8", "errors": how.get("errors")}
    mine: dict[str, IO[Any]] = {}
    with open(os.devnull, "r+b") as nothing:
        given = []
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            to = how.get(name)
            if to is None:
                given.append(os.dup(number))
            elif to == subprocess.DEVNULL:
                given.append(os.dup(nothing.fileno()))
            elif to == subprocess.STDOUT:
                given.append(os.dup(given[1]))
            elif to == subprocess.PIPE:
                hears, says = os.pipe()
                its, own = (hears, says) if name == "stdin" else (says, hears)
                given.append(its)
                mode = "w" if name == "stdin" else "r"
                mine[name] = open(own, mode, **words) if text else open(own, f"{mode}b", 0)  # noqa: SIM115
            else:
                given.append(os.dup(to if isinstance(to, int) else to.fileno()))
    try:
        made = Warm(
            command[1:], given, cwd=how.get("cwd"), env=how.get("env"),
            session=bool(how.get("start_new_session")),
        )  # fmt: skip
    finally:
        for one in given:
            os.close(one)
    for name, pipe in mine.items():
        setattr(made, name, pipe)
    return made


def ran(
    command: Sequence[str], *, check: bool = False, timeout: float | None = None, **how: Any
) -> subprocess.CompletedProcess[Any]:
    """Carry a command out as `subprocess.run` does."""
    if how.pop("capture_output", False):
        how.update(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = begun(command, **how)
    try:
        out, errors = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        raise
    code = child.wait()
    if check and code:
        raise subprocess.CalledProcessError(code, list(command), out, errors)
    return subprocess.CompletedProcess(list(command), code, out, errors)


WHO_BEGIN = (
    "seccm.remote.host.process", "seccm.data.finishing", "seccm.data.vetting",
    "seccm.filming.film",
)  # fmt: skip
"""Modules of the program that begin a Python."""
SUBPROCESS = types.SimpleNamespace(**{**vars(subprocess), "Popen": begun, "run": ran})
"""What a module may have for `subprocess`."""


def _can(command: Sequence[str], how: Mapping[str, Any]) -> bool:
    return (
        POSSIBLE
        and command[0] == sys.executable
        and (command[1] in ("-m", "-c") or not command[1].startswith("-"))
    )


def _serve() -> None:
    """Begin the server of this process, unless there is one."""
    global _address, _server
    if _address:
        return
    folder = tempfile.mkdtemp(prefix="w")
    _address = os.path.join(folder, "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(_address)
        door.listen(64)
        # Its input ends with this process, and it with its input.
        _server = subprocess.Popen(
            [sys.executable, "-c", SERVER.format(here=str(HERE.parent)), str(door.fileno()),
             _address],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[door.fileno()],
            start_new_session=True,
        )  # fmt: skip


def ended() -> None:
    """End the server that this process has begun, if it has."""
    global _address, _server
    if _server is None:
        return
    assert _server.stdin is not None
    _server.stdin.close()
    _server.wait()
    shutil.rmtree(os.path.dirname(_address))
    _address, _server = "", None


class Server:
    """Makes forks of itself for whoever asks, and tells them how these end.

    Args:
        door: where it is asked.
    """

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._asked: dict[int, socket.socket] = {}
        """Who has asked for each child."""

    def serve(self) -> dict[str, Any] | None:
        """Serve until the input ends, and return None; in a fork, return what it is to do."""
        hears, told = os.pipe()
        for end in (hears, told):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(told)
        with selectors.DefaultSelector() as watch:
            for one in (0, hears, self._door.fileno()):
                watch.register(one, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in watch.select()]
                if 0 in ready:
                    return None
                if hears in ready:
                    os.read(hears, 4096)
                    self._reap()
                if self._door.fileno() in ready and (task := self._fork()) is not None:
                    signal.set_wakeup_fd(-1)
                    for end in (hears, told):
                        os.close(end)
                    return task

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                line = self._asked.pop(found[0])
                with suppress(OSError):  # nobody need wait for it
                    line.send(str(os.waitstatus_to_exitcode(found[1])).encode())
                line.close()

    def _fork(self) -> dict[str, Any] | None:
        line, _ = self._door.accept()
        said, given, *_ = socket.recv_fds(line, MOST, 3)
        child = os.fork()
        if child:
            for one in given:
                os.close(one)
            self._asked[child] = line
            line.send(str(child).encode())
            return None
        task: dict[str, Any] = json.loads(said)
        for to, one in enumerate(given):
            os.dup2(one, to, inheritable=True)
            os.close(one)
        for other in (line, self._door, *self._asked.values()):
            other.close()
        return task


def _code(task: Mapping[str, Any]) -> int:
    """Be the Python that was asked for, until all of its threads have ended; return its code."""
    code: object = 0
    try:
        _be(task)
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        traceback.print_exc()
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    return code if isinstance(code, int) else int(code is not None)


def _end(code: int) -> None:
    """End at once, by a signal if the code is negative.

    To take apart all that was imported takes longer than most commands.
    """
    for file in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            file.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _be(task: Mapping[str, Any]) -> None:
    """Be the Python that was asked for."""
    if task["session"]:
        os.setsid()
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in task["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["env"])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if more := [path for path in paths if path and path not in sys.path]:
        sys.path[:0] = more
        _look_again_for_kinds()
    _open_standard_files()
    first, *more = task["args"]
    if first == "-m":
        sys.path.insert(0, os.getcwd())
        sys.argv = more
        runpy.run_module(more[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.path.insert(0, "")
        sys.argv = ["-c", *more[1:]]
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        exec(compile(more[0], "<string>", "exec"), main.__dict__)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(first)))
        sys.argv = [first, *more]
        runpy.run_path(first, run_name="__main__")


def _look_again_for_kinds() -> None:
    """Forget which steps, ways, planners ... are installed: there are more packages now."""
    from seccm import open_kinds

    for kinds in open_kinds._EVERY:
        kinds._found = None
        for listener in kinds._listeners:
            listener()


def _open_standard_files() -> None:
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        raw = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115
        stays = "backslashreplace" if number == 2 else errors or "strict"
        file = io.TextIOWrapper(raw, encoding, stays, line_buffering=number == 2 or raw.isatty())
        setattr(sys, name, file)
        setattr(sys, f"__{name}__", file)


def _carry_out_once(folder: Path) -> None:
    """Have loaded what is loaded on first use: a short run, and a look at its file."""
    from command_lines import a_plan
    from typer.testing import CliRunner

    from seccm.cli.commands import app

    a_plan(folder, sites=2)
    for name in ("SECCM_HOME", "SECCM_CATALOG", "XDG_RUNTIME_DIR"):
        os.environ[name] = str(folder)
    plan, data = str(folder / "plan.toml"), str(folder / "a.h5")
    for words in (["run", plan, "-o", data, "--fault", "unplugged@site=1"], ["info", data]):
        CliRunner().invoke(app, words)


def be_a_server(door: str, address: str) -> None:
    """Be a server, and then each Python that it is asked for.

    Args:
        door: the descriptor of the socket where it is asked.
        address: of that socket.
    """
    global _address
    sys.path.insert(1, str(HERE.parents[1]))
    for name in IMPORTED:
        __import__(name)
    # Letters in curves: to cut fonts takes the most of writing a PDF.
    sys.modules["seccm.report.style"].RC["pdf.fonttype"] = 3
    for name in WHO_BEGIN:
        vars(sys.modules[name])["subprocess"] = SUBPROCESS
    with tempfile.TemporaryDirectory() as folder:
        _carry_out_once(Path(folder))
    del sys.path[:3]
    gc.collect()
    gc.freeze()
    _address = address
    task = Server(socket.socket(fileno=int(door))).serve()
    if task is not None:
        _end(_code(task))
