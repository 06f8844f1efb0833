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
_MOST_NAME = 4096


class Part(IntEnum):
    """What an image is for."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


class ImageListWriter:
    """Writes images as they come; the list is whole only at the end of the `with` block.

    `order` gives what classes are sorted by; without it that is the bytes of their names, as for folders.
    """

    def __init__(self, path: Path, name: str, order: Callable[[str], Any] = str.encode) -> None:
        self.path, self.name, self.order = path, name, order
        self._classes: dict[str, int] = {}
        self._entries = bytearray()
        self._names = bytearray()
        self.count = 0

    def __enter__(self) -> ImageListWriter:
        # Images may be nobody else's business.
        self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(MAGIC)
        return self

    def add(self, image: bytes | None, class_name: str, name: str = "", part: Part = Part.TRAIN) -> None:
        """Adds an image; one that is not there counts as an empty file.

        A name is what its file was called in the folder of its class; without one it is called by its row.
        """
        content = image or b""
        called = name.encode(errors="surrogateescape")[:_MOST_NAME]
        self._names += called
        number = self._classes.setdefault(class_name, len(self._classes))
        self._file.write(content)
        self._entries += _ENTRY.pack(len(content), number, part, len(called))
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            classes = sorted(self._classes, key=self.order)
            place = {self._classes[name]: at for at, name in enumerate(classes)}
            entries = b"".join(
                _ENTRY.pack(length, place[number], part, called)
                for length, number, part, called in _ENTRY.iter_unpack(self._entries)
            )
            about = json.dumps({"name": self.name, "classes": classes}, ensure_ascii=False).encode()
            index = entries + bytes(self._names) + about
            footer = _FOOTER.pack(self.count, len(self._names), len(about), zlib.crc32(index), MAGIC)
            self._file.write(index + footer)
        self._file.close()
