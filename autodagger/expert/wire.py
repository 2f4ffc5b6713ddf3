"""Messages between a game's process and its expert's: data only, of limited length and time.

A message is its length, four bytes with the highest first, and JSON in UTF-8. The expert's side is
trusted with nothing: what comes from there may be anything at all.
"""

import json
import socket
import struct
import time
import unicodedata
from typing import Any

HEADER = struct.Struct("!I")

ANSWER_BYTES = 1 << 19
"""Longest message from an expert: its log of an episode, with every character escaped."""

TEXT_LENGTH = 500
"""Characters of a text of an expert that are kept."""


class WireError(Exception):
    """The other side is gone, too slow, or says what it must not; the message says which."""


def pack(content: Any) -> bytes:
    """A message; raises TypeError or ValueError for what JSON cannot say."""
    # No NaN: JSON has none, though Python's does.
    payload = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    return HEADER.pack(len(payload)) + payload


def clean(text: Any) -> str:
    """A text of an expert's as it may stand in a log or a table: cut, of printable characters."""
    cut = str(text)[:TEXT_LENGTH]
    return "".join(" " if unicodedata.category(one)[0] == "C" else one for one in cut)


class Line:
    """The trusted end of a connection to an expert's process."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def send(self, data: bytes, seconds: float) -> None:
        """Raises WireError where the other side takes longer to read it."""
        self._connection.settimeout(seconds)
        try:
            self._connection.sendall(data)
        except TimeoutError:
            raise TimeoutError(f"it did not read for {seconds:g} s") from None
        except OSError as error:
            raise WireError("it is gone") from error

    def receive(self, seconds: float) -> Any:
        """The next message's content.

        Raises:
            TimeoutError: It is not whole after `seconds`, however many bytes came meanwhile.
            WireError: The other side is gone, or its message is too long or no JSON.
        """
        deadline = time.monotonic() + seconds
        while len(self._buffer) < HEADER.size:
            self._read(deadline)
        (size,) = HEADER.unpack_from(self._buffer)
        if size > ANSWER_BYTES:
            raise WireError(f"its answer has {size:,} bytes; expected {ANSWER_BYTES:,} at most")
        while len(self._buffer) < HEADER.size + size:
            self._read(deadline)
        payload = bytes(self._buffer[HEADER.size : HEADER.size + size])
        del self._buffer[: HEADER.size + size]
        try:
            return json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise WireError("its answer is no JSON") from error

    def close(self) -> None:
        """Closes the connection; the expert's process is ended."""
        self._connection.close()

    def _read(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            data = self._connection.recv(1 << 16)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise WireError("it is gone") from error
        if not data:
            raise WireError("it is gone")
        self._buffer += data
