"""What runs on executors: columns of images to a kept `tally worker`, columns of predictions back."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .frames import FrameError, Kind
from .process import Worker, WorkerDied, WorkerFailed, host
from .worker import Setup, kept

# Images and bytes of one message: enough that messages cost nothing, few enough to fit anywhere.
MOST_IMAGES = 512
MOST_BYTES = 8 << 20

# What a row of answers is; vectors as arrays, which Spark turns into vectors.
FIELDS = "prediction double, rawPrediction array<double>, probability array<double>, error string"

# What Spark's image schema calls the kinds of pictures: OpenCV's numbers of 8 bits with 1, 3 and 4 channels.
_MODES = {0: 1, 16: 3, 24: 4}


class Refused(Exception):
    """The worker said no to these images, or they ended it."""


@dataclass(frozen=True)
class Images:
    """A run of images of a column, as a message."""

    count: int
    head: bytes
    data: Any

    @staticmethod
    def of(column: pa.Array) -> Images:
        """The message of a column of image files, or of pictures in Spark's image schema."""
        count = len(column)
        if not pa.types.is_struct(column.type):
            lengths, data = _parts(column)
            return Images(count, struct.pack("<BI", 0, count) + lengths, data)
        fields = dict(zip((field.name for field in column.type), column.flatten(), strict=True))
        lengths, data = _parts(fields["data"])
        modes = fields["mode"].to_pylist()
        sizes = np.zeros((count, 3), dtype="<i4")
        sizes[:, 0] = pc.fill_null(fields["width"], 0).to_numpy(zero_copy_only=False)
        sizes[:, 1] = pc.fill_null(fields["height"], 0).to_numpy(zero_copy_only=False)
        sizes[:, 2] = [_MODES.get(mode, 0) for mode in modes]
        return Images(count, struct.pack("<BI", 1, count) + lengths + sizes.tobytes(), data)


def _parts(column: pa.Array) -> tuple[bytes, Any]:
    """The lengths of a column's values, -1 for null, and all its bytes."""
    lengths = pc.fill_null(pc.cast(pc.binary_length(column), pa.int64()), -1).to_numpy(zero_copy_only=False)
    _, offsets, data = column.buffers()
    width = "<i8" if pa.types.is_large_binary(column.type) else "<i4"
    ends = np.frombuffer(offsets, dtype=width)[column.offset : column.offset + len(column) + 1]
    whole = memoryview(data)[int(ends[0]) : int(ends[-1])] if data is not None else memoryview(b"")
    if int(np.maximum(lengths, 0).sum()) != len(whole):
        # Bytes under a null, which Arrow allows.
        whole = memoryview(b"".join(value for value in column.to_pylist() if value is not None))
    return lengths.astype("<i8").tobytes(), whole


@dataclass(frozen=True)
class Answers:
    """What a model says of a run of images."""

    # Classes by number, -1 for none; scores and shares in millionths, a row an image; why there is no answer.
    best: Any
    scores: Any
    shares: Any | None
    errors: list[str | None]

    @staticmethod
    def read(payload: bytes) -> Answers:
        """Takes a message apart."""
        try:
            count, classes, has_shares = struct.unpack_from("<IIB", payload)
            at = 9

            def column(kind: str, width: int) -> Any:
                nonlocal at
                found = np.frombuffer(payload, dtype=kind, count=count * width, offset=at)
                at += found.nbytes
                return found.reshape(count, width)

            best = column("<i4", 1)[:, 0]
            scores = column("<i8", classes)
            shares = column("<u4", classes) if has_shares else None
            errors: list[str | None] = []
            lengths = column("<u4", 1)[:, 0].tolist()
            for number, length in zip(best.tolist(), lengths, strict=True):
                errors.append(payload[at : at + length].decode(errors="replace") if number < 0 else None)
                at += length
        except (struct.error, ValueError) as error:
            raise FrameError(f"predictions that cannot be read: {error}") from error
        if at != len(payload):
            raise FrameError("predictions of another length than they say")
        return Answers(best, scores, shares, errors)

    @staticmethod
    def none(why: str, classes: int, has_shares: bool) -> Answers:
        """No answer for one image."""
        shares = np.zeros((1, classes), dtype="<u4") if has_shares else None
        return Answers(np.full(1, -1, dtype="<i4"), np.zeros((1, classes), dtype="<i8"), shares, [why])


@dataclass(frozen=True)
class Predict:
    """Predicts a column of images, batch by batch."""

    setup: Setup
    # Names the model, so that a worker that has it is not sent it again; its file, as Spark's broadcast.
    name: str
    model: Any
    effort: int
    classes: int
    has_shares: bool
    # The label of each class, in the model's order.
    labels: tuple[int, ...]

    def __call__(self, batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
        for batch in batches:
            found = [self.ask(part) for part in runs(batch)]
            yield pa.concat_arrays([self.table(answers) for answers in found]) if found else self.table(None)

    def ask(self, column: pa.Array) -> Answers:
        """Answers for some images. Images that end a worker are found by halves, so that they harm no others."""
        try:
            return self._ask(column)
        except Refused as error:
            if (half := len(column) // 2) > 0:
                return joined([self.ask(column[:half]), self.ask(column[half:])])
            why = error
        # The worker may have been ended by others.
        try:
            return self._ask(column)
        except Refused:
            return Answers.none(str(why), self.classes, self.has_shares)

    def _ask(self, column: pa.Array) -> Answers:
        images = Images.of(column)
        with kept(self.setup) as worker:
            hand_over(worker, self.name, self.effort, self.model.value)
            try:
                reply = worker.ask(f"predicting {images.count} images", Kind.IMAGES, images.head, images.data)
            except (WorkerDied, WorkerFailed) as error:
                # Images did this; a worker that does not even start, or take the model, fails the job.
                raise Refused(str(error)) from error
            answers = Answers.read(reply.payload)
            if len(answers.best) != images.count or answers.scores.shape[1] != self.classes:
                raise FrameError(f"{host()}: predictions of another number of images or classes")
            return answers

    def table(self, answers: Answers | None) -> pa.Array:
        """Answers as a column of FIELDS; vectors count in labels."""
        width = max(self.labels) + 1
        order = np.array(self.labels)
        best = np.zeros(0, dtype="<i4") if answers is None else answers.best
        known = best >= 0
        scores = np.full((len(best), width), -np.inf)
        shares = None
        if answers is not None:
            scores[:, order] = answers.scores
            if answers.shares is not None:
                shares = np.zeros((len(best), width))
                shares[:, order] = answers.shares / 1e6
        empty = pa.array(~known)
        vectors = [_lists(scores, empty), _lists(shares, empty)]
        if shares is None:
            vectors[1] = pa.nulls(len(best), pa.list_(pa.float64()))
        predictions = pa.array(order[np.maximum(best, 0)].astype(float), mask=~known)
        errors = pa.array([] if answers is None else answers.errors, type=pa.string())
        return pa.StructArray.from_arrays(
            [predictions, *vectors, errors], names=["prediction", "rawPrediction", "probability", "error"]
        )


def _lists(rows: Any | None, empty: pa.Array) -> Any:
    """Rows of numbers as lists; null where empty."""
    if rows is None:
        return None
    count, width = rows.shape
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * width)
    return pa.ListArray.from_arrays(offsets, pa.array(rows.reshape(-1)), mask=empty)


def hand_over(worker: Worker, name: str, effort: int, model: bytes) -> None:
    """Gives a worker a model that it does not have."""
    if worker.model != name:
        reply = worker.ask("reading the model", Kind.MODEL, bytes([effort]), model)
        worker.model, worker.description = name, reply.payload


def runs(column: pa.Array) -> Iterator[pa.Array]:
    """A column in pieces that fit into messages."""
    values = column.field("data") if pa.types.is_struct(column.type) else column
    lengths = pc.fill_null(pc.binary_length(values), 0).to_pylist()
    start = size = 0
    for at, length in enumerate(lengths):
        if at > start and (at - start == MOST_IMAGES or size + length > MOST_BYTES):
            yield column[start:at]
            start, size = at, 0
        size += length
    if lengths:
        yield column[start:]


def joined(parts: list[Answers]) -> Answers:
    """Answers behind each other."""
    shares = [part.shares for part in parts if part.shares is not None]
    return Answers(
        np.concatenate([part.best for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(shares) if shares else None,
        [error for part in parts for error in part.errors],
    )
