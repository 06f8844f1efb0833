"""Exported C programs on this computer: compiled with its C compiler, called on arrays.

``tally export MODEL --format c --out FOLDER`` writes such a program for a device. Here its scores can be looked at before
it gets there.
"""

from __future__ import annotations

import ctypes
import os
import pathlib
import re
import shlex
import shutil
import string
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tally import _images

__all__ = ["ExportedModel", "load"]

# Units of shares.
_SHARE_ONE = 1 << 30

_Results = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.float64]]

# What is called here: all images in one call, scores in one type.
_GLUE = string.Template("""
#include "$name.h"
const int64_t tally_glue_sizes[6] = {${prefix}_HEIGHT, ${prefix}_WIDTH, ${prefix}_CHANNELS, ${prefix}_CLASSES,
                                     ${prefix}_ARENA_BYTES, ${prefix}_ROWS_ARENA_BYTES};
const uint64_t tally_glue_digest = ${prefix}_DIGEST;
const char *tally_glue_class_name(int index) { return ${name}_class_name(index); }
int tally_glue_run(const uint8_t *pixels, int64_t count, void *arena, int64_t *scores, uint32_t *shares, int32_t *best) {
  ${name}_score own[${prefix}_CLASSES];
  for (int64_t i = 0; i < count; i++, pixels += (int64_t)${prefix}_HEIGHT * ${prefix}_WIDTH * ${prefix}_CHANNELS) {
    best[i] = ${name}_classify(pixels, arena, own);
    if (best[i] < 0) return -1;
    for (int c = 0; c < ${prefix}_CLASSES; c++) *scores++ = own[c];
    if (shares == NULL) continue;
    if ($shares != 0) return -1;
    shares += ${prefix}_CLASSES;
  }
  return 0;
}
""")


class ExportedModel:
    """A program of ``tally export --format c``, compiled for this computer; made by `load`, usable from several threads.

    Attributes
    ----------
    classes : list of str
        The names of the classes, in the order of the scores.
    image_shape : (int, int, int)
        Height, width and channels of the images it takes.
    arena_bytes : int
        Bytes of memory that an image needs.
    rows_arena_bytes : int
        The same for images that come row by row.
    digest : str
        The CRC-64 that the model file ends with, as in ``0x0123456789abcdef``.
    has_shares : bool
        Whether it knows shares: the model was trained with validation images.
    """

    def __init__(self, library: ctypes.CDLL, has_shares: bool) -> None:
        sizes = list((ctypes.c_int64 * 6).in_dll(library, "tally_glue_sizes"))
        self.image_shape: tuple[int, int, int] = (sizes[0], sizes[1], sizes[2])
        self.arena_bytes, self.rows_arena_bytes = sizes[4], sizes[5]
        self.digest = f"0x{ctypes.c_uint64.in_dll(library, 'tally_glue_digest').value:016x}"
        self.has_shares = has_shares
        library.tally_glue_class_name.restype = ctypes.c_char_p
        self.classes: list[str] = [library.tally_glue_class_name(index).decode("utf-8") for index in range(sizes[3])]
        self._run = library.tally_glue_run
        self._run.argtypes = [ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * 4]

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.image_shape))
        return f"<ExportedModel {self.digest}: {len(self.classes)} classes, images of {shape}, {self.arena_bytes} bytes of RAM>"

    def classify(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
        """The index of the class with the highest score, N; see `classes`.

        images: uint8, N x H x W x C, or N x H x W where there is one channel; ValueError for anything else.
        """
        return self._results(images, False)[0]

    def scores(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """The scores of all classes, N x classes: those of ``tally predict``; unit 2**-16."""
        return self._results(images, False)[1]

    def shares(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities of all classes, N x classes; ValueError where the program knows none."""
        if not self.has_shares:
            raise ValueError("the program has no shares: its model was trained without validation images")
        return self._results(images, True)[2]

    def _results(self, images: Any, with_shares: bool) -> _Results:
        images = self._checked(images)
        count, classes = len(images), len(self.classes)
        best = np.empty(count, dtype=np.int32)
        scores = np.empty((count, classes), dtype=np.int64)
        shares = np.empty((count if with_shares else 0, classes), dtype=np.uint32)
        arena = np.empty((self.arena_bytes + 7) // 8, dtype=np.uint64)
        places = [
            arena.ctypes.data,
            scores.ctypes.data,
            shares.ctypes.data if with_shares else None,
            best.ctypes.data,
        ]
        if self._run(images.ctypes.data, count, *places) != 0:
            raise RuntimeError("the program refused an image")
        return best, scores, shares / _SHARE_ONE

    def _checked(self, images: Any) -> npt.NDArray[np.uint8]:
        images = np.asarray(images)
        if images.dtype != np.uint8:
            raise ValueError(f"images are of type {images.dtype}; give uint8")
        if images.ndim == 3 and self.image_shape[2] == 1:
            images = images[..., None]
        if images.ndim != 4 or images.shape[1:] != self.image_shape:
            shape = _images.times(self.image_shape)
            raise ValueError(
                f"images have the shape {images.shape}, but the program takes N x {shape}"
                + _images.advice(images.shape, self.image_shape, "images")
            )
        return np.ascontiguousarray(images)


def load(
    folder: str | os.PathLike[str], name: str = "tally_model", *, flags: Sequence[str] = ("-O2",)
) -> ExportedModel:
    """Compiles the program in a folder of ``tally export --format c`` and loads it.

    name: what ``--name`` was. flags: what the compiler is told, such as ``("-O3", "-march=native")``; no score depends on
    it. The compiler is the one that the environment variable ``CC`` names, else cc, gcc or clang. What is compiled lies in
    a temporary folder and is gone after this call. The program runs in this process: load only folders that you trust.

    Raises FileNotFoundError where there is no such program; RuntimeError where no compiler is, or it refuses the program.
    """
    folder = pathlib.Path(folder)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,47}", name):
        raise ValueError(f"name={name!r}: give the name that tally export was given")
    header, source = folder / f"{name}.h", folder / f"{name}.c"
    if not (header.is_file() and source.is_file()):
        others = [path.stem for path in sorted(folder.glob("*.h")) if (folder / f"{path.stem}_selftest.c").is_file()]
        raise FileNotFoundError(
            f"{folder}: no {name}.h and {name}.c here; "
            + (f"give name={others[0]!r}" if others else f"write them with: tally export MODEL --format c --out {folder}")
        )
    has_shares = re.search(rf"\bint {name}_shares\(", header.read_text(encoding="utf-8", errors="replace")) is not None
    shares = f"{name}_shares(own, shares)" if has_shares else "-1"
    glue = _GLUE.substitute(name=name, prefix=name.upper(), shares=shares)
    with tempfile.TemporaryDirectory(prefix="tally-") as place:
        (pathlib.Path(place) / "glue.c").write_text(glue, encoding="ascii")
        library = pathlib.Path(place) / ("program.dylib" if sys.platform == "darwin" else "program.so")
        sources = [str(pathlib.Path(place) / "glue.c"), str(source)]
        options = [*flags, "-std=c99", "-shared", "-fPIC", f"-I{folder}", "-o", str(library)]
        _compile([*_compiler(), *options, *sources], source)
        # What is loaded stays loaded when its file is gone.
        return ExportedModel(ctypes.CDLL(str(library)), has_shares)


def _compiler() -> list[str]:
    chosen = shlex.split(os.environ.get("CC", ""))
    for command in [chosen] if chosen else [["cc"], ["gcc"], ["clang"]]:
        if shutil.which(command[0]) is not None:
            return command
    what = f"no {chosen[0]}, which CC names" if chosen else "no C compiler (cc, gcc, clang) on the PATH"
    raise RuntimeError(f"{what}; install one with: apt-get install gcc libc6-dev")


def _compile(command: list[str], source: pathlib.Path) -> None:
    result = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    if result.returncode == 0:
        return
    lines = [line for line in result.stderr.splitlines() if "error" in line] or result.stderr.splitlines()
    reason = " ".join(lines[0].split())[:300] if lines else f"exit code {result.returncode}"
    raise RuntimeError(f"{source}: {command[0]} cannot compile it ({reason}); export the model again")
