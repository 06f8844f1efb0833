"""Messages: what goes out comes back, nothing damaged comes in."""

import io

import pytest

from tally_spark import frames
from tally_spark.frames import Frame, FrameError, Kind


def sent(kind: Kind, *payload: bytes) -> bytes:
    stream = io.BytesIO()
    frames.send(stream, kind, *payload)
    return stream.getvalue()


def test_frames_come_back() -> None:
    stream = io.BytesIO(sent(Kind.HELLO) + sent(Kind.TALLY, b"ab", b"", b"c"))
    assert frames.receive(stream) == Frame(Kind.HELLO, b"")
    assert frames.receive(stream) == Frame(Kind.TALLY, b"abc")
    assert frames.receive(stream) is None


def test_the_layout_is_as_documented() -> None:
    head = b"TLYF" + bytes([1, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0])
    assert sent(Kind.TALLY, b"123456789")[:16] == head
    assert sent(Kind.TALLY, b"123456789")[-4:] == bytes.fromhex("2639f4cb")


def test_damaged_frames_are_refused() -> None:
    whole = sent(Kind.TALLY, bytes(range(40)))
    for length in range(1, len(whole)):
        with pytest.raises(FrameError):
            frames.receive(io.BytesIO(whole[:length]))
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FrameError):
            frames.receive(io.BytesIO(bytes(flipped)))


def test_a_round_comes_apart() -> None:
    head = frames.round_head(7, 1 << 63, 1, [3, 1, 9], 4)
    request = frames.split_round(head + b"specstate")
    assert request == frames.RoundRequest(7, 1 << 63, 1, [(1, 1), (3, 3), (9, 9)], b"spec", b"state")
    for length in range(len(head) + 4):
        with pytest.raises(FrameError):
            frames.split_round((head + b"spec")[:length])


def test_an_answer_says_its_round() -> None:
    assert frames.tally_round(b"TLYP" + (5).to_bytes(8, "little") + bytes(20)) == 5
    for wrong in [b"", b"TLYP", b"x" * 40]:
        with pytest.raises(FrameError):
            frames.tally_round(wrong)
