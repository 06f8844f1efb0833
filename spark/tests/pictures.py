"""Small pictures of three kinds of stripes, as files in class folders."""

from __future__ import annotations

import random
from pathlib import Path

from tally_spark.ml.pictures import png

SIDE = 16
CLASSES = {"across": (1, 0), "down": (0, 1), "slanted": (1, 1)}


def stripes(name: str, draw: random.Random, side: int = SIDE) -> bytes:
    """A grey PNG of a class."""
    dx, dy = CLASSES[name]
    phase = draw.randrange(6)
    pixels = bytes(
        (110 if (x * dx + y * dy + phase) // 3 % 2 else 60) + draw.randrange(90)
        for y in range(side)
        for x in range(side)
    )
    return png({"mode": 0, "width": side, "height": side, "data": pixels})


def write_folder(folder: Path, count: int, seed: int) -> None:
    """Class folders with `count` files each."""
    draw = random.Random(seed)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            (folder / name / f"{number:04}.png").write_bytes(stripes(name, draw))
