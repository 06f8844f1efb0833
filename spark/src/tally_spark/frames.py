"""Messages between processes: framed, versioned, with lengths and checksums. docs/wire-protocol.md lays them out."""

from __future__ import annotations

import struct
import zlib
from enum import IntEnum
from typing import BinaryIO, NamedTuple

VERSION = 1
MAGIC = b"TLYF"
MOST_BYTES = 1 << 32
_HEADER = struct.Struct("<4sHHQ")
_NUMBER = struct.Struct("<I")


class Kind(IntEnum):
    """What a frame is."""

    HELLO = 1
    SHARD = 2
    KEPT = 3
    ROUND = 4
    TALLY = 5
    ADD = 6
    MANIFEST = 7
    REPORT = 8
    FAILURE = 9
    END = 10
    MODEL = 11
    DESCRIBED = 12
    IMAGES = 13
    PREDICTIONS = 14
    SOURCE = 15
    LIST = 16
    LISTED = 17
    BEGIN = 18
    BEGUN = 19
    SURVEY = 20
    LOOK = 21
    LOOKED = 22
    MEASURE = 23
    FIT = 24
    FITTED = 25
    PIXELS = 26
    FORM = 27
    TARGETS = 28
    WRITE = 29
    WRITTEN = 30
    SEAL = 31
    SEALED = 32


class FrameError(Exception):
    """What came is no whole frame."""


class Frame(NamedTuple):
    """One message."""

    kind: Kind
    payload: bytes

    @property
    def text(self) -> str:
        """The payload as text."""
        return self.payload.decode(errors="replace")


def send(stream: BinaryIO, kind: Kind, *payload: bytes) -> None:
    """Sends a frame whose payload is given in parts."""
    header = _HEADER.pack(MAGIC, VERSION, kind, sum(map(len, payload)))
    check = 0
    stream.write(header + _NUMBER.pack(zlib.crc32(header)))
    for part in payload:
        stream.write(part)
        check = zlib.crc32(part, check)
    stream.write(_NUMBER.pack(check))
    stream.flush()


def receive(stream: BinaryIO) -> Frame | None:
    """The next frame; None when the other end closed the pipe between two frames."""
    head = stream.read(_HEADER.size + 4)
    if not head:
        return None
    if len(head) != _HEADER.size + 4:
        raise FrameError("the other process ended in the middle of a message")
    magic, version, kind, length = _HEADER.unpack(head[: _HEADER.size])
    if magic != MAGIC:
        raise FrameError("what the other process wrote is not a message of Tally")
    if zlib.crc32(head[: _HEADER.size]) != _NUMBER.unpack(head[_HEADER.size :])[0]:
        raise FrameError("a message is damaged: the checksum of its header does not match")
    if version != VERSION:
        raise FrameError(
            f"a message is of protocol version {version}, not {VERSION}; use the same version of Tally everywhere"
        )
    if kind not in list(Kind):
        raise FrameError(f"there is no message of kind {kind}")
    if length > MOST_BYTES:
        raise FrameError(f"a message of {length} bytes is too long")
    payload = stream.read(length)
    tail = stream.read(4)
    if len(payload) != length or len(tail) != 4:
        raise FrameError("the other process ended in the middle of a message")
    if zlib.crc32(payload) != _NUMBER.unpack(tail)[0]:
        raise FrameError("a message is damaged: its checksum does not match")
    return Frame(Kind(kind), payload)


class RoundRequest(NamedTuple):
    """A round to be run, its parts as they came: what is in them is `tally`'s matter."""

    number: int
    digest: int
    part: int
    shards: list[tuple[int, int]]
    spec: bytes
    state: bytes

    @property
    def kind(self) -> str:
        """The name of the round."""
        (length,) = struct.unpack_from("<H", self.spec) if len(self.spec) > 1 else (0,)
        return self.spec[2 : 2 + length].decode(errors="replace")


_ROUND = struct.Struct("<QQBI")
_RUN = struct.Struct("<II")
_LENGTH = struct.Struct("<Q")


def split_round(payload: bytes) -> RoundRequest:
    """The parts of a `round` frame's payload."""
    try:
        number, digest, part, runs = _ROUND.unpack_from(payload)
        at = _ROUND.size
        shards = [_RUN.unpack_from(payload, at + i * _RUN.size) for i in range(runs)]
        at += runs * _RUN.size
        (length,) = _LENGTH.unpack_from(payload, at)
    except struct.error as error:
        raise FrameError("a round is shorter than its header") from error
    at += _LENGTH.size
    if at + length > len(payload):
        raise FrameError("a round is shorter than its description")
    spec, state = payload[at : at + length], payload[at + length :]
    return RoundRequest(number, digest, part, [(int(a), int(b)) for a, b in shards], spec, state)


def round_head(number: int, digest: int, part: int, shards: list[int], spec_length: int) -> bytes:
    """What comes in front of a round's description, for some of its shards."""
    ordered = sorted(shards)
    head = [_ROUND.pack(number, digest, part, len(ordered))]
    head += [_RUN.pack(shard, shard) for shard in ordered]
    return b"".join([*head, _LENGTH.pack(spec_length)])


def shard_head(path: str, checksum: str) -> bytes:
    """What comes in front of a shard file's content."""
    name = path.encode()
    return _NUMBER.pack(len(name)) + name + checksum.encode()


def add_head(first: bytes) -> bytes:
    """What comes in front of two sums to be added."""
    return _LENGTH.pack(len(first))


def tally_round(payload: bytes) -> int:
    """The number of the round that a sum of tallies is of."""
    if len(payload) < 24 or payload[:4] != b"TLYP":
        raise FrameError("an answer is not a sum of tallies")
    return int(_LENGTH.unpack_from(payload, 4)[0])
