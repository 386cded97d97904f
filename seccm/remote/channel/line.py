"""The channel: messages between two ends that have proved to each other that they know the key.

Each side sends a nonce and, for the other's nonce, an HMAC over both; a label keeps one side's
proof from being played back as the other's. Before that is done, nothing is read but these few
bytes, and afterwards only JSON and raw arrays: nothing is ever unpickled.
"""

from __future__ import annotations

import hmac
import os
import secrets
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import connection
from typing import Any, Protocol

from seccm.remote.channel.endpoint import WINDOWS, ChannelError, Endpoint
from seccm.remote.channel.wire import pack, unpack

NONCE = 32
PROOF = 32
PATIENCE = 15.0
"""Seconds that the other side has to prove itself."""
LOOK = 0.1
"""Seconds after which a waiting reader looks whether it should end."""
LONGEST_REQUEST = 1 << 26
"""Bytes: a plan with a hundred thousand listed sites fits."""
LONGEST = 1 << 30


class Pipe(Protocol):
    """What `multiprocessing.connection` gives, as far as it is used: bytes, never objects."""

    def send_bytes(self, data: bytes) -> None: ...  # noqa: D102
    def recv_bytes(self, maxlength: int | None = None) -> bytes: ...  # noqa: D102
    def poll(self, timeout: float | None = 0.0) -> bool: ...  # noqa: D102
    def fileno(self) -> int: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Line:
    """An authenticated channel to one peer. One thread may read while another one writes.

    Args:
        pipe: connected.
        longest: bytes beyond which a message is refused.
    """

    def __init__(self, pipe: Pipe, longest: int = LONGEST) -> None:
        self._pipe, self._longest = pipe, longest
        self._closing = threading.Event()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; waits while the peer does not read.

        Raises:
            ChannelError: the peer is gone.
        """
        try:
            self._pipe.send_bytes(pack(message))
        except (OSError, ValueError) as error:
            raise ChannelError(f"The connection is lost: {error}.") from None

    def receive(self) -> dict[str, Any]:
        """Wait for a message.

        Raises:
            ChannelError: the peer is gone, this side was told to end, or it is no message.
        """
        try:
            while not self._closing.is_set():
                if self._pipe.poll(LOOK):
                    return unpack(self._pipe.recv_bytes(self._longest))
        except EOFError:
            raise ChannelError("The other side has ended the connection.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ChannelError(
                f"The connection is lost, or the message is not valid: {error}."
            ) from None
        raise ChannelError("The channel was closed.")

    def end(self) -> None:
        """Wake those who read or write; they get errors from now on. Any thread may call it."""
        self._closing.set()
        if not WINDOWS:
            with suppress(OSError), socket.socket(fileno=_duplicate(self._pipe)) as same:
                same.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the channel, once nobody reads or writes any more."""
        self.end()
        with suppress(OSError):
            self._pipe.close()


def _duplicate(pipe: Pipe) -> int:
    return os.dup(pipe.fileno())


def prove_host(pipe: Pipe, key: bytes) -> bool:
    """As the host: let the peer prove itself, then prove oneself; say whether it did."""
    mine = secrets.token_bytes(NONCE)
    try:
        pipe.send_bytes(mine)
        if not pipe.poll(PATIENCE):
            return False
        answer = pipe.recv_bytes(NONCE + PROOF)
        nonce, proof = answer[:NONCE], answer[NONCE:]
        known = hmac.compare_digest(proof, _proof(key, b"client", mine, nonce))
        pipe.send_bytes(_proof(key, b"host", mine, nonce) if known else b"")
    except (OSError, EOFError):
        return False
    return known


def prove_client(pipe: Pipe, key: bytes) -> None:
    """As a client: prove oneself, then let the host prove itself.

    Raises:
        ChannelError: the host does not know the key, does not accept ours, or is silent.
    """
    mine = secrets.token_bytes(NONCE)
    try:
        theirs = _within(pipe, NONCE)
        pipe.send_bytes(mine + _proof(key, b"client", theirs, mine))
        proof = _within(pipe, PROOF)
    except (OSError, EOFError) as error:
        raise ChannelError(
            f"The host closed the connection before it accepted this program: {error}."
        ) from None
    if not hmac.compare_digest(proof, _proof(key, b"host", theirs, mine)):
        raise ChannelError("The host refused the key of this program.")


def dial(endpoint: Endpoint) -> Line:
    """Connect to a host.

    Raises:
        ChannelError: it is gone, or does not let us in.
    """
    key = endpoint.key()
    try:
        pipe = connection.Client(endpoint.address, endpoint.family)
    except OSError as error:
        raise ChannelError(f"The host {endpoint.name} has ended: {error}.") from None
    try:
        prove_client(pipe, key)
    except ChannelError:
        pipe.close()
        raise
    return Line(pipe)


def _within(pipe: Pipe, length: int) -> bytes:
    if not pipe.poll(PATIENCE):
        raise ChannelError(f"The host has been silent for {PATIENCE:g} s.")
    return pipe.recv_bytes(length)


def _proof(key: bytes, who: bytes, host: bytes, client: bytes) -> bytes:
    return hmac.digest(key, who + host + client, "sha256")
