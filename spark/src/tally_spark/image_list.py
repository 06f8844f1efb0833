"""Image files in one file, with the class and the part of each: what tables of images become before `tally` reads them.

docs/wire-protocol.md lays it out.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any

MAGIC = b"TALLYIML"
ENDING = ".imagelist"
_ENTRY = struct.Struct("<QIBH")
_FOOTER = struct.Struct("<QQQI8s")
_LENGTHS = struct.Struct("<QQ")
_MOST_NAME = 4096


class Part(IntEnum):
    """What an image is for."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


class ImageIndex:
    """What a list says of its images.

    `order` gives what classes are sorted by; without it that is the bytes of their names, as for folders.
    """

    def __init__(self, name: str, order: Callable[[str], Any] = str.encode) -> None:
        self.name, self.order = name, order
        self._classes: dict[str, int] = {}
        self._entries = bytearray()
        self._names = bytearray()
        self.count = 0

    def add(self, length: int, class_name: str, name: str, part: Part) -> None:
        """Adds an image by the length of its bytes."""
        called = name.encode(errors="surrogateescape")[:_MOST_NAME]
        self._names += called
        number = self._classes.setdefault(class_name, len(self._classes))
        self._entries += _ENTRY.pack(length, number, part, len(called))
        self.count += 1

    def content(self) -> tuple[bytes, int, int]:
        """Entries, names and JSON; the bytes of the names and of the JSON."""
        classes = sorted(self._classes, key=self.order)
        place = {self._classes[name]: at for at, name in enumerate(classes)}
        entries = b"".join(
            _ENTRY.pack(length, place[number], part, called)
            for length, number, part, called in _ENTRY.iter_unpack(self._entries)
        )
        about = json.dumps({"name": self.name, "classes": classes}, ensure_ascii=False).encode()
        return entries + bytes(self._names) + about, len(self._names), len(about)

    def alone(self) -> bytes:
        """The index of images that lie elsewhere."""
        index, _, about = self.content()
        return index + _LENGTHS.pack(self.count, about)


class ImageListWriter:
    """Writes images as they come; the list is whole only at the end of the `with` block. `order` as for an index."""

    def __init__(self, path: Path, name: str, order: Callable[[str], Any] = str.encode) -> None:
        self.path, self.index = path, ImageIndex(name, order)

    def __enter__(self) -> ImageListWriter:
        # Images may be nobody else's business.
        self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(MAGIC)
        return self

    @property
    def count(self) -> int:
        """Images so far."""
        return self.index.count

    def add(self, image: bytes | None, class_name: str, name: str = "", part: Part = Part.TRAIN) -> None:
        """Adds an image; one that is not there counts as an empty file.

        A name is what its file was called in the folder of its class; without one it is called by its row.
        """
        content = image or b""
        self._file.write(content)
        self.index.add(len(content), class_name, name, part)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            index, names, about = self.index.content()
            footer = _FOOTER.pack(self.count, names, about, zlib.crc32(index), MAGIC)
            self._file.write(index + footer)
        self._file.close()
