"""Pictures of Spark's image schema as files."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

# OpenCV's number of a picture's kind: its channels, and the colour type of a PNG.
_KINDS = {0: (1, 0), 16: (3, 2), 24: (4, 6)}


def png(picture: Any) -> bytes:
    """A PNG of a picture; empty, as an image that cannot be read, where it is none."""
    channels, colour = _KINDS.get(picture["mode"], (0, 0))
    width, height, data = picture["width"] or 0, picture["height"] or 0, picture["data"] or b""
    if min(channels, width, height) < 1 or len(data) != width * height * channels:
        return b""
    stored = np.frombuffer(data, dtype=np.uint8).reshape(height, width, channels)
    # Blue comes first in OpenCV, red in a PNG.
    pixels = stored[:, :, {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]].reshape(height, width * channels)
    # Every row begins with its filter: none.
    rows = np.concatenate([np.zeros((height, 1), dtype=np.uint8), pixels], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
