"""What runs on executors when shards are made: images to a kept `tally worker`, shard files to their folder."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .answers import MOST_BYTES, MOST_IMAGES
from .errors import TallyError
from .files import Place
from .frames import Kind
from .process import Worker, WorkerFailed, host
from .sources import Source, Task, images_head
from .worker import Setup, kept

MAGIC = b"TALLYSH1"
_FORM = struct.Struct("<QQI3I3II")
# Where an image goes: its place in a run, its shard, its index in the whole set, its part, its label.
TARGET = struct.Struct("<IIIBH")
_WRITTEN = struct.Struct("<QQQII")


def runs(contents: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Files of images in pieces that fit into messages."""
    run: list[bytes] = []
    size = 0
    for content in contents:
        if run and (len(run) == MOST_IMAGES or size + len(content) > MOST_BYTES):
            yield run
            run, size = [], 0
        run.append(content)
        size += len(content)
    if run:
        yield run


class Ask:
    """Asks a worker about images; the answers of a task are one."""

    def __init__(self, setup: Setup, source: Source, question: Kind, head: bytes = b"") -> None:
        self.setup, self.source, self.question, self.head = setup, source, question, head

    def __call__(self, tasks: Iterable[tuple[int, Task]]) -> Iterator[tuple[int, bytes]]:
        for number, task in tasks:
            yield number, b"".join(self.answers(task))

    def answers(self, task: Task) -> Iterator[bytes]:
        for run in runs(self.source.contents(task)):
            yield ask(self.setup, f"looking at {len(run)} images", self.question, self.head, images_head(run), *run)


def ask(setup: Setup, doing: str, kind: Kind, *payload: bytes) -> bytes:
    """Asks this process's worker; what it cannot do is said with the host's name."""
    try:
        with kept(setup) as worker:
            return check(worker, doing, kind, *payload)
    except WorkerFailed as error:
        raise TallyError(f"{host()}: {error}") from error


def check(worker: Worker, doing: str, kind: Kind, *payload: bytes) -> bytes:
    return worker.ask(doing, kind, *payload).payload


@dataclass(frozen=True)
class Form:
    """What the headers of all shards say, and what images are fitted to."""

    digest: int
    total: int
    shards: int
    decoded: tuple[int, int, int]
    shape: tuple[int, int, int]
    classes: int

    @staticmethod
    def read(payload: bytes) -> Form:
        """Takes a message apart."""
        digest, total, shards, *rest = _FORM.unpack(payload)
        return Form(digest, total, shards, tuple(rest[:3]), tuple(rest[3:6]), rest[6])

    @property
    def wish(self) -> bytes:
        """What comes in front of images whose pixels are wanted."""
        mode = 2 if self.decoded[2] != self.shape[2] else 1
        return struct.pack("<B3I", mode, *self.decoded)

    @property
    def pixels(self) -> int:
        """Bytes of an image."""
        width, height, channels = self.shape
        return width * height * channels


class Cut(NamedTuple):
    """Images of a task with where each of them goes, as TARGET."""

    task: Task
    targets: bytes


class Fit:
    """Makes of images their pixels, one for each place where they go."""

    def __init__(self, setup: Setup, source: Source, form: Form) -> None:
        self.setup, self.source, self.form = setup, source, form

    def __call__(self, cuts: Iterable[Cut]) -> Iterator[tuple[int, tuple[int, int, int, bytes]]]:
        size = self.form.pixels
        for cut in cuts:
            targets = TARGET.iter_unpack(cut.targets)
            target = next(targets, None)
            first = 0
            for run in runs(self.source.contents(cut.task)):
                doing = f"fitting {len(run)} images"
                pixels = ask(self.setup, doing, Kind.FIT, self.form.wish, images_head(run), *run)
                if len(pixels) != size * len(run):
                    raise TallyError(f"{host()}: pixels of another number of images")
                while target is not None and target[0] < first + len(run):
                    at = (target[0] - first) * size
                    yield target[1], (target[3], target[2], target[4], pixels[at : at + size])
                    target = next(targets, None)
                first += len(run)


class WriteShard:
    """Writes the shard of a partition."""

    def __init__(self, setup: Setup, form: Form, folder: Place) -> None:
        self.setup, self.form, self.folder = setup, form, folder

    def __call__(self, number: int, images: Iterable[tuple[int, tuple[int, int, int, bytes]]]) -> Iterator[bytes]:
        form = self.form
        # Training images come first, both parts in the order of the whole set.
        found = sorted((image for _, image in images), key=lambda image: image[:2])
        judges = sum(image[0] for image in found)
        trained = len(found) - judges
        head = MAGIC + struct.pack(
            "<QQ8I", form.digest, form.total, number, form.shards, *form.shape, form.classes, trained, judges
        )
        head += b"".join(struct.pack("<Q", index) for _, index, _, _ in found)
        head += b"".join(struct.pack("<H", label) for _, _, label, _ in found)
        pixels = [image[3] for image in found]
        sealed = ask(self.setup, f"checking shard {number}", Kind.SEAL, head, *pixels)
        checksum, sum_of_pixels = struct.unpack("<QQ", sealed)
        place = self.folder / shard_name(number)
        place.write([head, *pixels, sealed[:8]])
        size = len(head) + form.pixels * len(found) + 8
        yield struct.pack("<I", number) + _WRITTEN.pack(size, checksum, sum_of_pixels, trained, judges)


def shard_name(number: int) -> str:
    return f"part-{number:05}.tshard"


def size_of(written: bytes) -> int:
    """The bytes of the file that a shard's record is of."""
    return int(_WRITTEN.unpack_from(written)[0])
