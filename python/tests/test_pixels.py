"""The pixels that the command reads from image files against those that Pillow reads, over files of every kind.

They are equal, or the difference has a name and the pixels are exactly what that name says.
"""

from __future__ import annotations

import io
import pathlib
import shutil
import struct
import subprocess
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from image_files import HEIGHT, WIDTH, ImageFile, Values, all_files, jpeg, picture, png
from PIL import Image, ImageOps


def pillow(content: bytes) -> Values:
    """A file's pixels as Pillow shows them upright in RGB."""
    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image)
        # It warns where a palette has opacities; they are dropped either way.
        shown = upright.convert("RGBA") if upright.mode == "P" else upright
        return np.asarray(shown.convert("RGB")).astype(np.int64)


def write_classes(folder: pathlib.Path, contents: list[bytes]) -> None:
    """Files in class folders of their own, whose order is theirs."""
    for number, content in enumerate(contents):
        place = folder / f"{number:05}"
        place.mkdir(parents=True)
        (place / "image.png").write_bytes(content)


def shard(tool: str, folder: pathlib.Path, out: pathlib.Path, *more: str) -> subprocess.CompletedProcess[str]:
    options = ["--size", f"{WIDTH}x{HEIGHT}", "--colour", "rgb", "--test", "0", "--validation", "0", "--shards", "1"]
    command = [tool, "shard", "--data", str(folder), "--out", str(out), *options, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read(tool: str, contents: list[bytes], folder: pathlib.Path) -> tuple[Values, str]:
    """The pixels of files, N x H x W x 3, as the command reads them to train, and what it says of them.

    A shard holds them as they are, since all have the size that is asked for (docs/wire-protocol.md).
    """
    write_classes(folder / "in", contents)
    done = shard(tool, folder / "in", folder / "out", "--strict")
    assert done.returncode == 0, done.stderr
    content = (folder / "out" / "part-00000.tshard").read_bytes()
    width, height, channels, _, count, judged = struct.unpack_from("<6I", content, 32)
    assert (width, height, channels, count, judged) == (WIDTH, HEIGHT, 3, len(contents), 0)
    labels = np.frombuffer(content, "<u2", count, 56 + 8 * count)
    pixels = np.frombuffer(content, np.uint8, count * width * height * 3, 56 + 10 * count)
    result = np.zeros((count, height, width, 3), np.int64)
    result[labels] = pixels.reshape(count, height, width, 3)
    return result, done.stdout + done.stderr


class Row:
    """What was found for the files of one kind and one difference."""

    def __init__(self) -> None:
        self.files = self.equal = self.most = 0


def compare(files: list[ImageFile], found: Values) -> tuple[dict[tuple[str, str], Row], list[str]]:
    """Rows of a table, by kind and name of the difference, and what is wrong."""
    rows: dict[tuple[str, str], Row] = defaultdict(Row)
    wrong = []
    for file, pixels in zip(files, found, strict=True):
        row = rows[file.kind, file.difference or ""]
        shown = pillow(file.content)
        apart = int(abs(pixels - shown).max())
        row.files += 1
        row.equal += apart == 0
        row.most = max(row.most, apart)
        expected = shown if file.difference is None else file.expected
        if not (pixels == expected).all():
            wrong.append(f"{file.kind}, {file.name}: {int(abs(pixels - expected).max())} apart from what is expected")
    return rows, wrong


def table(rows: dict[tuple[str, str], Row]) -> Iterator[str]:
    yield f"\n{'kind':28} {'files':>5} {'equal':>5} {'most':>5}  why they differ from Pillow"
    for (kind, name), row in sorted(rows.items()):
        yield f"{kind:28} {row.files:5} {row.equal:5} {row.most:5}  {name}"
    total = [sum(getattr(row, key) for row in rows.values()) for key in ("files", "equal")]
    yield f"{'all':28} {total[0]:5} {total[1]:5}"


def test_pixels_are_pillows(tool, tmp_path, capsys):
    if not shutil.which("cjpeg"):
        pytest.fail("cjpeg is missing; install it with: apt-get install libjpeg-turbo-progs")
    files = all_files(tmp_path)
    assert len(files) >= 300
    found, _ = read(tool, [file.content for file in files], tmp_path)
    rows, wrong = compare(files, found)
    with capsys.disabled():
        print("\n".join(table(rows)))
    assert not wrong, "\n".join(wrong)
    # A name that explains nothing is taken away.
    names = {name for _, name in rows if name}
    stale = [name for name in names if not any(row.most for (_, other), row in rows.items() if other == name)]
    assert not stale


def with_size(file: bytes, width: int, height: int) -> bytes:
    """A PNG file whose header promises other sides."""
    header = struct.pack(">II", width, height) + file[24:29]
    return file[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + file[33:]


def refused_files() -> dict[str, tuple[bytes, str, bool]]:
    """Files that are not read: the content, words of the error, and whether Pillow reads something of it."""
    photo = jpeg(picture(3, 255, seed=1), quality=90)
    drawing = png(picture(3, 255, seed=1), 8, 2)
    frame, data = photo.index(b"\xff\xc0"), drawing.index(b"IDAT")
    large = photo[: frame + 5] + struct.pack(">HH", 8000, 8000) + photo[frame + 9 :]
    webp = io.BytesIO()
    Image.fromarray(picture(3, 255, seed=1).astype(np.uint8)).save(webp, "WEBP", lossless=True)
    plain = webp.getvalue()
    return {
        "JPEG cut in the middle": (photo[: len(photo) // 2], "cut short", False),
        "JPEG without its end": (photo[:-2], "cut short", False),
        "JPEG of a larger size than its data": (large, "cut short", True),
        "PNG cut in the middle": (drawing[: len(drawing) // 2], "cut short", False),
        "PNG with a wrong checksum in its header": (drawing[:29] + b"1234" + drawing[33:], "damaged", False),
        "PNG with a wrong checksum in its data": (drawing[:-16] + b"1234" + drawing[-12:], "damaged", True),
        "PNG with changed data": (drawing[: data + 200] + bytes(8) + drawing[data + 208 :], "damaged", False),
        "PNG of a larger size than its data": (with_size(drawing, 8000, 8000), "cut short", False),
        "PNG of 400 million pixels": (with_size(drawing, 20000, 20000), "at most", False),
        "WebP cut in the middle": (plain[: len(plain) // 2], "cut short", False),
    }


# Runs a command and prints how many bytes of memory it had; what started this here may have more itself.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(most if sys.platform == "darwin" else most << 10)
sys.exit(code)
"""


@pytest.mark.parametrize("name", refused_files())
def test_what_is_refused(tool, tmp_path, name):
    content, words, is_read_by_pillow = refused_files()[name]
    try:
        pillow(content)
        assert is_read_by_pillow
    except (OSError, SyntaxError, Image.DecompressionBombError):
        assert not is_read_by_pillow
    write_classes(tmp_path / "in", [content, png(picture(3, 255, seed=1), 8, 2)])
    command = [tool, "shard", "--data", tmp_path / "in", "--out", tmp_path / "out", "--strict", "--shards", "1"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURE, *command, "--size", "64", "--test", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "00000/image.png" in done.stderr and words in done.stderr, done.stderr
    assert int(done.stdout) < 64 << 20
