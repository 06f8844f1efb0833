"""Folders of images and other data sets, read as `tally train --data` reads them."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from tally._library import DataSet, Pixels
from tally._machine import thread_count
from tally._parameters import fraction, whole

Part = tuple[Pixels, npt.NDArray[np.str_]]


@dataclasses.dataclass(frozen=True, eq=False)
class FolderImages:
    """What `load_folder` has read. A part is a pair (X, y): uint8 images, N x H x W x C, and class names, N; or None.

    Attributes
    ----------
    train, test : (X, y) or None
        Images to learn from, and to test with.
    validation : (X, y) or None
        Images to validate with, where the folder sets some aside (`val`).
    classes : list of str
        The names of all classes.
    notes : list of str
        How the images were read: sizes, what was left out, which parts were drawn.
    """

    train: Part | None
    test: Part | None
    validation: Part | None
    classes: list[str]
    notes: list[str]

    def __repr__(self) -> str:
        parts = [
            f"{len(part[1])} {name}"
            for name, part in (("train", self.train), ("test", self.test), ("validation", self.validation))
            if part is not None
        ]
        return f"<FolderImages: {len(self.classes)} classes, images: {', '.join(parts)}>"


def load_folder(
    path: str | os.PathLike[str],
    *,
    size: int | Sequence[int] | None = None,
    colour: bool | None = None,
    test: float = 0.1,
    seed: int = 1,
    strict: bool = False,
    threads: int | None = None,
) -> FolderImages:
    """Reads labelled images, with the same pixels and parts as ``tally train --data``.

    path: a folder with a sub-folder of PNG, JPEG or WebP files for each class, perhaps inside `train`, `val` and `test`; or
    anything else that ``--data`` takes, such as ``"fashion-mnist"``. The rest is for image files. size: the side, or (height,
    width), that they are scaled and cropped to, 4 to 1024; None takes the median shorter side, 16 to 64. colour: whether
    they are seen in colour; None: if any of them shows some. test: the fraction of each class held out for testing where
    there is no test part, 0 to 0.9, drawn by seed. strict: refuse the folder for one file that cannot be read, instead of leaving up
    to 1 % out.

    What a person must know of the images is a UserWarning. Raises ValueError, FileNotFoundError or OSError with one line.
    """
    sides = (0, 0) if size is None else tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, Integral) and not isinstance(side, bool) for side in sides):
        raise ValueError(f"size={size!r}: give a side, or (height, width)")
    if size is not None and not all(4 <= side <= 1024 for side in sides):
        raise ValueError(f"size={size!r}: allowed: 4...1024")
    data = DataSet.open(
        os.fspath(path),
        height=int(sides[0]),
        width=int(sides[1]),
        channels=0 if colour is None else 3 if colour else 1,
        test_ppm=fraction("test", test),
        seed=whole("seed", seed, 0, 2**64 - 1),
        is_strict=bool(strict),
        threads=thread_count(None if threads is None else whole("threads", threads, 1, 1024)),
    )
    for line in data.warnings:
        warnings.warn(line, UserWarning, stacklevel=2)
    names = np.array(data.class_names)

    def part(number: int) -> Part | None:
        found: tuple[Pixels, npt.NDArray[Any]] | None = data.part(number)
        return None if found is None else (found[0], names[found[1]])

    return FolderImages(part(0), part(1), part(2), data.class_names, data.notes)
