"""States come out as they went in, whatever a process has seen of them; what did not change does not travel."""

from __future__ import annotations

import random
import struct

import pytest

from tally_spark import states
from tally_spark.frames import FrameError


def tally(arrays: dict[str, list[int]], width: int = 4) -> bytes:
    """A tally whose checksum nobody looks at here."""
    parts = [b"TLY1", struct.pack("<I", len(arrays))]
    for name, values in sorted(arrays.items()):
        head = struct.pack("<H", len(name)) + name.encode() + struct.pack("<BQ", width, len(values))
        parts.append(head + b"".join(value.to_bytes(width, "little") for value in values))
    return b"".join(parts) + random.Random(str(arrays)).randbytes(8)


class Context:
    """Stands in for Spark's: counts what is fetched."""

    def __init__(self) -> None:
        self.alive: set[Broadcast] = set()

    def broadcast(self, value: bytes) -> Broadcast:
        broadcast = Broadcast(self, value)
        self.alive.add(broadcast)
        return broadcast


class Broadcast:
    def __init__(self, context: Context, content: bytes) -> None:
        self.context, self.content = context, content

    @property
    def value(self) -> bytes:
        assert self in self.context.alive, "fetched after it was let go"
        return self.content

    def destroy(self) -> None:
        self.context.alive.remove(self)


def run_of_states(count: int) -> list[bytes]:
    draw = random.Random(2)
    large, small = [draw.randrange(99) for _ in range(500)], [0] * 10
    found = []
    for number in range(count):
        small = [draw.randrange(99) for _ in range(10)]
        if number % 7 == 6:
            large = [draw.randrange(99) for _ in range(500)]
        arrays = {"large": large, "small": small} | ({"some": [number]} if number % 3 == 0 else {})
        found.append(tally(arrays, width=4 if number % 5 else 2))
    return found


def test_states_come_back() -> None:
    for state in [*run_of_states(4), tally({}), tally({"a": []})]:
        assert states.join(states.split(state)) == state


@pytest.mark.parametrize("seen", ["all", "none", "some"])
def test_a_process_that_saw_some_has_all(seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context()
    sender = states.Sender(context)
    draw = random.Random(3)
    total = 0
    monkeypatch.setattr(states, "_kept", {})
    for number, state in enumerate(run_of_states(60)):
        kind = "judge" if number % 9 == 8 else "learn"
        chain, size = sender.send(kind, number, state)
        total += size
        held = sum(len(change.value) for change in chain.changes[1:])
        assert held < 2 * len(state) + 200 * len(chain.changes)
        if seen == "none" or (seen == "some" and draw.random() < 0.5):
            # Another process: one that has seen nothing, or something long ago.
            monkeypatch.setattr(states, "_kept", {} if draw.random() < 0.5 else {kind: (-9, {})})
        assert chain.state() == state
        # The same process again, as for another partition.
        assert chain.state() == state
    assert total < 0.6 * sum(map(len, run_of_states(60)))
    sender.forget()
    assert context.alive == set()


def test_few_states_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "_kept", {})
    context = Context()
    sender = states.Sender(context)
    for number, state in enumerate(run_of_states(12)):
        assert sender.send(f"kind {number % 4}", number, state)[0].state() == state
        assert len(states._kept) <= 2 and len(context.alive) <= 2


def test_damaged_states_are_refused() -> None:
    whole = tally({"a": [1, 2, 3], "b": [4]})
    for length in range(len(whole)):
        with pytest.raises(FrameError):
            states.split(whole[:length])
    with pytest.raises(FrameError):
        states.split(whole + b"x")
