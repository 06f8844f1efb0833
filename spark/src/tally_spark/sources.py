"""Images where they lie: class folders or rows of Parquet files, and reading some of them on an executor."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from typing import Any, NamedTuple

from .errors import TallyError
from .files import Kind, Place, place
from .frames import FrameError
from .image_list import ImageIndex
from .parquet import ENDING, Table, labels_of, part_of
from .process import host

# Images of one task: few enough that a lost one costs little.
MOST_OF_TASK = 256


class Task(NamedTuple):
    """Some images, read one after the other: paths with a zero byte behind each, or rows of a row group."""

    table: int
    group: int
    # Paths, or places in the row group.
    names: bytes
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Tables:
    """Parquet files, as one table."""

    files: tuple[Place, ...]
    image: str
    label: str
    # Of every row group: its file, its number there, and the row that follows it.
    groups: list[tuple[int, int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A data set: a folder, or tables."""

    folder: Place
    tables: Tables | None = None

    def tasks(self, places: Any, most: int) -> Iterator[Task]:
        """Divides images, given by paths or ascending rows, into what is read at a time."""
        if self.tables is None:
            for first in range(0, len(places), most):
                yield Task(0, 0, b"\0".join(places[first : first + most]), ())
            return
        ends = self.tables.ends
        for group, rows in groupby(places, lambda row: bisect_right(ends, row)):
            table, number = self.tables.groups[group]
            start = ends[group - 1] if group else 0
            yield Task(table, number, b"", tuple(row - start for row in rows))

    def contents(self, task: Task) -> Iterator[bytes]:
        """The bytes of images, one by one."""
        if self.tables is None:
            for name in task.names.split(b"\0"):
                yield (self.folder / name.decode()).read()
            return
        opened = self.tables.files[task.table]
        try:
            table = Table(opened.address, self.tables.image, self.tables.label, opened.opened)
            wanted = iter(task.rows)
            following = next(wanted, None)
            for row, (image, _, _) in enumerate(table.rows(task.group)):
                if row == following:
                    yield image or b""
                    following = next(wanted, None)
            if following is not None:
                raise TallyError(f"{opened.address}: has changed since it was first read; begin again")
        except TallyError as error:
            raise TallyError(f"{host()}: {error}") from error


def find(data: str, image: str, label: str, setting: Callable[[str], str | None]) -> tuple[Source, bytes | None]:
    """What a data set lies in, and the index of its rows where that are tables."""
    names = data.split(",")
    if all(name.lower().endswith(ENDING) for name in names):
        found = [place(name, setting) for name in names]
        return read_tables(found, found[0].address.rsplit("/", 1)[-1], image, label)
    folder = place(data, setting)
    for inside in (folder, folder / "data"):
        if inside.kind() != Kind.FOLDER:
            continue
        listed = [name for name, kind in inside.names() if kind == Kind.FILE and name.lower().endswith(ENDING)]
        if listed:
            files = [inside / name for name in sorted(listed, key=str.encode)]
            return read_tables(files, folder.address.rsplit("/", 1)[-1], image, label)
    if folder.kind() != Kind.FOLDER:
        raise TallyError(f"{data}: no such folder; check the address")
    return Source(folder), None


def read_tables(files: list[Place], name: str, image: str, label: str) -> tuple[Source, bytes]:
    """Reads labels and names, but no image."""
    tables = [Table(file.address, image, label, file.opened) for file in files]
    kinds = labels_of(tables)
    index = ImageIndex(name, kinds[0].order)
    for table, labels in zip(tables, kinds, strict=True):
        for value, called in table.names():
            index.add(0, labels.class_of(value), called, part_of(table.name))
    sizes = [(at, number, rows) for at, table in enumerate(tables) for number, rows in enumerate(table.groups)]
    groups = [(at, number) for at, number, _ in sizes]
    ends = list(accumulate(rows for _, _, rows in sizes))
    return Source(files[0], Tables(tuple(files), image, label, groups, ends)), index.alone()


def split_places(payload: bytes, at: int = 0) -> tuple[Any, int]:
    """The images that a message names, paths or rows, and where what follows them begins."""
    try:
        form, count = struct.unpack_from("<BI", payload, at)
        at += 5
        if form == 1:
            end = at + 8 * count
            return memoryview(payload)[at:end].cast("Q"), end
        names = payload[at:].split(b"\0", count)
    except (struct.error, TypeError, ValueError) as error:
        raise FrameError(f"images that cannot be found: {error}") from error
    if len(names) != count + 1:
        raise FrameError("fewer images than a message says")
    return names[:count], len(payload) - len(names[count])


def images_head(contents: Iterable[bytes]) -> bytes:
    """What comes in front of files of images."""
    lengths = [len(content) for content in contents]
    return struct.pack(f"<BI{len(lengths)}q", 0, len(lengths), *lengths)
