"""States on their way to executors: of a state only the arrays that changed since the one before travel.

A state is a tally (docs/wire-protocol.md); here it is cut into its arrays, which stay bytes. A worker's Python process
keeps the arrays of the last state it saw of each kind of round. A process that comes late fetches the last whole state
and all changes since, which are never more than two whole states.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any

from .frames import FrameError

MAGIC = b"TLY1"
_COUNT = struct.Struct("<I")
_LENGTH = struct.Struct("<H")
_SIZES = struct.Struct("<BQ")


def split(state: bytes) -> dict[str, bytes]:
    """The arrays of a state with all that describes them, by name, in their order."""
    try:
        if state[:4] != MAGIC:
            raise FrameError("a state is no tally")
        (count,) = _COUNT.unpack_from(state, 4)
        at, arrays = 8, {}
        for _ in range(count):
            (length,) = _LENGTH.unpack_from(state, at)
            name = state[at + 2 : at + 2 + length].decode()
            width, values = _SIZES.unpack_from(state, at + 2 + length)
            end = at + 2 + length + _SIZES.size + width * values
            arrays[name] = state[at:end]
            at = end
    except (struct.error, UnicodeDecodeError) as error:
        raise FrameError("a state is shorter than it says") from error
    # The tally's own checksum is behind its arrays.
    if len(arrays) != count or at + 8 != len(state):
        raise FrameError("a state is of another length than it says")
    arrays[""] = state[at:]
    return arrays


def join(arrays: dict[str, bytes]) -> bytes:
    """The state of these arrays."""
    return b"".join([MAGIC, _COUNT.pack(len(arrays) - 1), *(arrays[name] for name in arrays if name), arrays[""]])


@dataclass(frozen=True)
class Change:
    """What makes a state of the one before: its names in order, and the arrays that are not the same."""

    names: list[str]
    arrays: dict[str, bytes]

    def apply(self, before: dict[str, bytes]) -> dict[str, bytes]:
        """The arrays after it."""
        return {name: self.arrays[name] if name in self.arrays else before[name] for name in self.names}

    def encoded(self) -> bytes:
        return pickle.dumps((self.names, self.arrays))

    @staticmethod
    def read(content: bytes) -> Change:
        """What `encoded` gave; content comes from this package's own driver, through Spark's own broadcasts."""
        return Change(*pickle.loads(content))


@dataclass(frozen=True)
class Chain:
    """A state as broadcasts: the last whole one, and the changes since. `numbers` name the states on the way."""

    kind: str
    numbers: list[int]
    changes: list[Any]

    def state(self) -> bytes:
        """The state at the end, made of what this process has and of what it lacks."""
        start, arrays = 0, None
        number, kept = _kept.pop(self.kind, (-1, None))
        if number in self.numbers:
            start, arrays = self.numbers.index(number) + 1, kept
        for change in self.changes[start:]:
            arrays = Change.read(change.value).apply(arrays or {})
        if arrays is None:
            raise FrameError("a state without a beginning")
        _keep(_kept, self.kind, (self.numbers[-1], arrays))
        return join(arrays)


# How many kinds of rounds have their last state kept: those that learn and those that judge take turns.
_KINDS = 2

# The number and the arrays of the last states that this process saw, by the kind of round.
_kept: dict[str, tuple[int, dict[str, bytes]]] = {}


def _keep(kept: dict[str, Any], kind: str, value: Any) -> Any | None:
    """Puts something behind all others; what has no place any more."""
    kept.pop(kind, None)
    kept[kind] = value
    return kept.pop(next(iter(kept))) if len(kept) > _KINDS else None


class Sender:
    """The driver's end: states in, broadcasts out."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self._kinds: dict[str, _Sent] = {}

    def send(self, kind: str, number: int, state: bytes) -> tuple[Chain, int]:
        """Broadcasts a state of a kind of round; the chain that ends with it, and how many bytes are new."""
        sent = self._kinds.pop(kind, None) or _Sent({}, [], [], 0)
        arrays = split(state)
        changed = {name: content for name, content in arrays.items() if sent.arrays.get(name) != content}
        size = sum(map(len, changed.values()))
        if not sent.changes or 2 * size > len(state) or sent.size + size > 2 * len(state):
            sent.forget()
            sent, changed, size = _Sent({}, [], [], 0), arrays, len(state)
        else:
            sent.size += size
        sent.arrays = arrays
        sent.numbers.append(number)
        sent.changes.append(self.context.broadcast(Change(list(arrays), changed).encoded()))
        if (lost := _keep(self._kinds, kind, sent)) is not None:
            lost.forget()
        return Chain(kind, list(sent.numbers), list(sent.changes)), size

    def forget(self) -> None:
        """Lets all broadcasts go."""
        for sent in self._kinds.values():
            sent.forget()
        self._kinds = {}


@dataclass
class _Sent:
    """The last state of a kind, and what was broadcast of it; bytes of the changes."""

    arrays: dict[str, bytes]
    numbers: list[int]
    changes: list[Any]
    size: int

    def forget(self) -> None:
        for change in self.changes:
            change.destroy()
