"""The channel is local, authenticated, closed to others, and never unpickles anything."""

from __future__ import annotations

import os
import pickle
import socket
import stat
import threading
from collections.abc import Iterator
from multiprocessing import Pipe, connection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from remote_hosts import own_runtime
from small_plan import INFO

from seccm import events
from seccm.remote import ChannelError, Client
from seccm.remote.channel.endpoint import Endpoint, runtime_folder
from seccm.remote.channel.line import Line, dial, prove_client, prove_host
from seccm.remote.channel.plain import (
    EVENTS,
    event_from_plain,
    event_to_plain,
    from_plain,
    to_plain,
)
from seccm.remote.channel.wire import ARRAY, pack, unpack
from seccm.remote.host.door import Door
from seccm.rig import ContactRecord, RigInfo

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
LANDING = events.Landing(7, 1e-5, 1.1e-5, 5.0, 10.0, 3e-3, 1e-8, 0)


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as base:
        yield base


class Visitors:
    """A door, and who came in."""

    def __init__(self) -> None:
        self.endpoint = Endpoint.named("aa")
        self.lines: list[Line] = []
        self.came = threading.Event()
        self._door = Door(self.endpoint, self.endpoint.create(), self._admit)
        self.endpoint.announce({"pid": os.getpid(), "title": "t", "path": "p"})

    def _admit(self, pipe: connection.Connection) -> None:
        self.lines.append(Line(pipe))
        self.came.set()

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self._door.close()
        self.endpoint.remove()


@pytest.fixture
def visitors() -> Iterator[Visitors]:
    found = Visitors()
    yield found
    found.close()


class Bomb:
    """Says so when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_who_knows_the_key_gets_in_and_is_understood(visitors: Visitors):
    line = dial(visitors.endpoint)
    assert visitors.came.wait(10.0)
    line.send({"a": np.arange(3.0), "b": [1, None, "µ"]})
    heard = visitors.lines[0].receive()
    np.testing.assert_array_equal(heard.pop("a"), [0.0, 1.0, 2.0])
    assert heard == {"b": [1, None, "µ"]}
    line.close()


def test_a_wrong_key_is_refused_on_both_sides(visitors: Visitors):
    (visitors.endpoint.folder / "key").chmod(0o600)
    (visitors.endpoint.folder / "key").write_bytes(bytes(32))
    with pytest.raises(ChannelError, match="refused the key"):
        dial(visitors.endpoint)
    assert not visitors.came.is_set()


def test_a_host_that_does_not_know_the_key_is_not_trusted():
    """Someone listens at the address who cannot read the key: requests must not go there."""
    ours, theirs = Pipe()
    thread = threading.Thread(target=prove_host, args=(theirs, b"guess" * 7))
    thread.start()
    with pytest.raises(ChannelError):
        prove_client(ours, b"right" * 7)
    thread.join()
    ours.close()
    theirs.close()


def test_a_proof_cannot_be_played_back_to_the_one_who_gave_it():
    """A stranger who sends the host's own nonce and proof back is refused."""
    ours, theirs = Pipe()
    known: list[bool] = []
    thread = threading.Thread(target=lambda: known.append(prove_host(theirs, b"k" * 32)))
    thread.start()
    nonce = ours.recv_bytes()
    ours.send_bytes(nonce + nonce)
    assert ours.recv_bytes() == b""
    thread.join()
    assert known == [False]
    ours.close()
    theirs.close()


def test_nothing_is_unpickled_before_or_after_the_key_was_proved(
    visitors: Visitors, tmp_path: Path
):
    mark = tmp_path / "unpickled"
    bomb = pickle.dumps(Bomb(mark))
    stranger = connection.Client(visitors.endpoint.address, visitors.endpoint.family)
    stranger.recv_bytes()
    stranger.send_bytes(bomb)
    with pytest.raises((EOFError, OSError)):
        stranger.recv_bytes()
    stranger.close()
    friend = dial(visitors.endpoint)
    assert visitors.came.wait(10.0)
    friend._pipe.send_bytes(bomb)
    with pytest.raises(ChannelError, match="not valid"):
        visitors.lines[0].receive()
    friend.close()
    assert not mark.exists()
    pickle.loads(bomb)
    assert mark.exists(), "the bomb would have gone off"


def test_a_stranger_who_says_nothing_keeps_nobody_waiting(visitors: Visitors):
    silent = connection.Client(visitors.endpoint.address, visitors.endpoint.family)
    line = dial(visitors.endpoint)
    assert visitors.came.wait(10.0)
    line.close()
    silent.close()


def test_a_message_longer_than_allowed_ends_the_channel():
    ours, theirs = Pipe()
    line, other = Line(ours, longest=1000), Line(theirs)
    other.send({"a": "x" * 2000})
    with pytest.raises(ChannelError):
        line.receive()
    line.close()
    other.close()


@POSIX
def test_folder_key_and_socket_are_for_their_owner_alone(visitors: Visitors):
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (visitors.endpoint.folder, *visitors.endpoint.folder.iterdir())
    }
    assert modes["aa"] == 0o700
    assert modes["key"] == 0o600
    assert modes["host"] == 0o600
    assert stat.S_IMODE(runtime_folder().stat().st_mode) == 0o700


@POSIX
@pytest.mark.parametrize("trap", ["open", "link"])
def test_a_folder_that_others_could_have_prepared_is_refused(runtime: Path, trap: str):
    folder = runtime / "seccm"
    if trap == "open":
        folder.mkdir()
        folder.chmod(0o755)
    else:
        (runtime / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(runtime / "elsewhere")
    with pytest.raises(ChannelError, match="other users can use this folder"):
        runtime_folder()
    with pytest.raises(ChannelError, match="other users can use this folder"):
        Client.open()
    folder.unlink() if trap == "link" else folder.rmdir()


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp/x"])
def test_a_name_cannot_lead_out_of_the_folder(name: str):
    with pytest.raises(ChannelError, match="not a name of a host"):
        Endpoint.named(name)


def test_hosts_that_live_are_found_and_traces_of_dead_ones_removed(visitors: Visitors):
    dead = Endpoint.named("bb")
    dead.create()
    dead.announce({"pid": 1, "title": "dead", "path": ""})
    if os.name == "posix":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(dead.address)
    assert [(host.name, host.title) for host in Client.find()] == [("aa", "t")]
    assert not dead.folder.exists()
    with pytest.raises(ChannelError, match="no host called bb"):
        Client.attach("bb")


NUMBERS = st.sampled_from(["<f8", "<f4", "<i8", "|u1", "<u2", "|b1"]).map(np.dtype)
ARRAYS = NUMBERS.flatmap(lambda kind: npst.arrays(kind, npst.array_shapes(min_dims=1, min_side=0)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | ARRAYS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(ARRAY.__ne__), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(ARRAY.__ne__), VALUES))
def test_messages_arrive_as_they_were_sent(message: dict[str, object]):
    np.testing.assert_equal(unpack(pack(message)), message)


@given(st.binary(max_size=200))
def test_what_is_no_message_is_refused(data: bytes):
    ours, theirs = Pipe()
    line = Line(ours)
    theirs.send_bytes(data)
    with pytest.raises(ChannelError):
        line.receive()
    line.close()
    theirs.close()


def test_objects_other_than_numbers_cannot_be_sent():
    with pytest.raises(TypeError, match="cannot be sent"):
        pack({"a": np.array([object()])})
    with pytest.raises(TypeError, match="cannot be sent"):
        pack({"a": Path()})


ONE_OF_EACH: list[events.Event] = [
    events.RunStarted(1, "title", 3, "rig", True),
    events.SiteAdded(1, 4, 1e-6, 2e-6, -1, 0, 3, 1, '{"a": 1}', "j = 2 A/m^2"),
    events.SiteStarted(1, 2),
    events.PhaseBegan(1, 2, events.Phase.STEP, 3),
    events.Approaching(1, 2, 0),
    events.FalseContact(1, 2, 1e-6),
    events.Landed(1, 2, LANDING, ContactRecord(5, np.arange(4.0), np.ones(4), 7, None)),
    events.Landed(1, 2, LANDING, None),
    events.StepFinished(1, 2, 3, "lost contact", -1.5e-12, (2, 0, 1), "cv", "strip", "{}"),
    events.SiteFinished(1, 2, events.Outcome.NO_CONTACT, "No contact."),
    events.SiteAnalysed(2, {"a": 1.0, "b": float("nan"), "c": float("-inf")}, "words", {"b": 67}),
    events.Note(1, -1, "text", "info"),
    events.Paused(1, "why"),
    events.Resumed(1),
    events.Fault(1, 2, "code", "text", "remedy"),
    events.RunStopped(1, "complete", "All sites were visited."),
]


def test_every_kind_of_event_arrives_as_it_was_told():
    assert {type(event) for event in ONE_OF_EACH} == set(EVENTS.values())
    for event in ONE_OF_EACH:
        arrived = event_from_plain(unpack(pack(event_to_plain(event))))
        assert type(arrived) is type(event)
        np.testing.assert_equal(to_plain(arrived), to_plain(event))
        for name in event.__dataclass_fields__:
            assert type(getattr(arrived, name)) is type(getattr(event, name)), name


def test_what_a_rig_says_of_itself_arrives_as_it_was():
    assert from_plain(RigInfo, unpack(pack(to_plain(INFO)))) == INFO
