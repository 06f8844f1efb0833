"""Image files of every kind, written here byte by byte or by Pillow and cjpeg, and what their pixels are.

All show 37 x 29 pixels when upright: odd sides, so that blocks, subsampling and interlacing end in the middle.
"""

from __future__ import annotations

import io
import pathlib
import struct
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

WIDTH, HEIGHT = 37, 29

Values = npt.NDArray[np.integer]


@dataclass
class ImageFile:
    """A file and what is known of it."""

    kind: str
    name: str
    content: bytes
    # Why the pixels differ from Pillow's `convert("RGB")`, and what they are; None: they do not differ.
    difference: str | None = None
    expected: Values | None = None


# MARK: Pictures


def picture(channels: int, most: int, seed: int, lying: bool = False) -> Values:
    """Waves and noise, H x W x C, from 0 to `most`."""
    width, height = (HEIGHT, WIDTH) if lying else (WIDTH, HEIGHT)
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (3 + c) + y / (7 - c) + seed + c) for c in range(channels)]
    shown = (np.stack(waves, axis=2) + 1) / 2 * 0.8 + generator.random((height, width, channels)) * 0.2
    return np.rint(shown / shown.max() * most).astype(np.int64)


def on_white(values: Values, opacity: Values) -> Values:
    """Pixels laid on white as tally does."""
    return (values * opacity + 255 * (255 - opacity) + 127) // 255


def rounded(values: Values, most: int) -> Values:
    """Values of 0 to `most` as bytes."""
    return (2 * 255 * values + most) // (2 * most)


# MARK: PNG


def chunk(name: bytes, content: bytes = b"", damage: int = 0) -> bytes:
    """A PNG chunk; its checksum is wrong where `damage` is not 0."""
    check = zlib.crc32(name + content) ^ damage
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def rows_of(samples: Values, depth: int, generator: np.random.Generator) -> bytes:
    """Rows of H x W x C samples, each with one of the five filters, as PNG compresses them."""
    height = samples.shape[0]
    if 0 in samples.shape:
        return b""
    flat = samples.reshape(height, -1)
    if depth == 16:
        packed = flat.astype(">u2").view(np.uint8)
    elif depth == 8:
        packed = flat.astype(np.uint8)
    else:
        bits = (flat[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    step = max(1, samples.shape[2] * depth // 8)
    result, above = b"", np.zeros(packed.shape[1], np.int64)
    for row in packed.astype(np.int64):
        left = np.concatenate([np.zeros(step, np.int64), row])[: len(row)]
        corner = np.concatenate([np.zeros(step, np.int64), above])[: len(row)]
        guess = left + above - corner
        distances = np.stack([abs(guess - left), abs(guess - above), abs(guess - corner)])
        paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
        which = int(generator.integers(5))
        prediction = [0 * row, left, above, (left + above) // 2, paeth][which]
        result += bytes([which]) + ((row - prediction) % 256).astype(np.uint8).tobytes()
        above = row
    return result


ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(
    samples: Values, depth: int, colour: int, *, interlaced: bool = False, before: bytes = b"", after: bytes = b"",
    pieces: int = 1 << 30, level: int = 6, seed: int = 0,
) -> bytes:
    """A PNG file of H x W x C samples; `before` and `after` are chunks beside its data, cut into `pieces` bytes each."""
    height, width = samples.shape[:2]
    generator = np.random.default_rng(seed)
    passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7] if interlaced else [samples]
    data = zlib.compress(b"".join(rows_of(part, depth, generator) for part in passes), level)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    parts = b"".join(chunk(b"IDAT", data[at : at + pieces]) for at in range(0, len(data), pieces))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + parts + after + chunk(b"IEND")


# Colour types: channels, and the depths they may have.
COLOUR_TYPES = {0: (1, [1, 2, 4, 8, 16]), 2: (3, [8, 16]), 3: (1, [1, 2, 4, 8]), 4: (2, [8, 16]), 6: (4, [8, 16])}


def extra_chunks(colour: int, depth: int) -> dict[str, bytes]:
    """Chunks that may stand beside pixels without changing them."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    bits = {0: b"\1", 2: b"\1\1\1", 3: b"\2\3\2", 4: b"\1\1", 6: b"\1\1\1\1"}[colour]
    ground = {0: b"\0\1", 2: b"\0\1\0\0\0\1", 3: b"\1", 4: b"\0\1", 6: b"\0\1\0\0\0\1"}[colour]
    broad = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    return {
        "plain": b"",
        "gAMA 1.0": chunk(b"gAMA", struct.pack(">I", 100000)),
        "gAMA 0.5": chunk(b"gAMA", struct.pack(">I", 55556)) + chunk(b"cHRM", broad),
        "sRGB": chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 45455)),
        "iCCP": chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile)),
        "sBIT": chunk(b"sBIT", bits),
        "bKGD": chunk(b"bKGD", ground),
        "text": chunk(b"tEXt", b"Title\0x") + chunk(b"pHYs", struct.pack(">IIB", 1, 3, 0)) + chunk(b"prVt", b"?"),
    }


def png_kind(colour: int, depth: int) -> str:
    names = {0: "grey", 2: "RGB", 3: "palette", 4: "grey and opacity", 6: "RGB and opacity"}
    return f"PNG {names[colour]}" + (", 16 bits" if depth == 16 else "")


def meaning(samples: Values, depth: int, colour: int) -> tuple[str | None, Values | None]:
    """Why Pillow's RGB differs and what the pixels are, for a file without chunks that matter."""
    if depth == 16:
        wide = rounded(samples, 65535)
        if colour in (4, 6):
            wide = on_white(wide[..., :-1], wide[..., -1:])
        return "16 bits are rounded, not cut", wide
    if colour in (4, 6):
        return "opacity: laid on white, not dropped", on_white(samples[..., :-1], samples[..., -1:])
    return None, None


def plain_pngs() -> Iterator[ImageFile]:
    """All colour types and depths, interlaced or not, with every chunk beside them."""
    for colour, (channels, depths) in COLOUR_TYPES.items():
        for depth in depths:
            colours = 2**depth
            palette = np.random.default_rng(depth).integers(0, 256, (colours, 3)).astype(np.uint8).tobytes()
            needed = chunk(b"PLTE", palette) if colour == 3 else b""
            for interlaced in (False, True):
                for number, (name, extra) in enumerate(extra_chunks(colour, depth).items()):
                    samples = picture(channels, 2**depth - 1, seed=number)
                    # The background comes behind the palette, everything else before it.
                    before = needed + extra if name == "bKGD" else extra + needed
                    file = png(samples, depth, colour, interlaced=interlaced, before=before, seed=number)
                    full = f"{depth} bits, {'interlaced, ' if interlaced else ''}{name}"
                    yield ImageFile(png_kind(colour, depth), full, file, *meaning(samples, depth, colour))


def transparent_pngs() -> Iterator[ImageFile]:
    """Colours and palette entries that are transparent (tRNS)."""
    named = "opacity: laid on white, not dropped"
    for depth in (1, 2, 4, 8):
        samples = picture(1, 2**depth - 1, seed=depth)
        shown = samples * 255 // (2**depth - 1)
        clear = np.where(samples == 1, 0, 255)
        file = png(samples, depth, 0, before=chunk(b"tRNS", b"\0\1"))
        yield ImageFile("PNG tRNS", f"grey, {depth} bits", file, named, on_white(shown, clear))
        palette = np.random.default_rng(depth).integers(0, 256, (2**depth, 3))
        opacities = np.random.default_rng(9).integers(0, 256, 2**depth)
        chunks = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
        chunks += chunk(b"tRNS", opacities.astype(np.uint8).tobytes())
        expected = on_white(palette[samples[..., 0]], opacities[samples])
        yield ImageFile("PNG tRNS", f"palette, {depth} bits", png(samples, depth, 3, before=chunks), named, expected)
    samples = picture(3, 255, seed=1)
    samples[3:9, 4:20] = (10, 20, 30)
    clear = np.where((samples == (10, 20, 30)).all(axis=2, keepdims=True), 0, 255)
    file = png(samples, 8, 2, before=chunk(b"tRNS", b"\0\x0a\0\x14\0\x1e"))
    yield ImageFile("PNG tRNS", "RGB", file, named, on_white(samples, clear))


def special_pngs() -> Iterator[ImageFile]:
    """Significant bits, orientation, odd arrangements of chunks."""
    sensor = picture(1, 4095, seed=3)
    stated = chunk(b"sBIT", b"\x0c")
    named = "sensor bits: scaled as sBIT says"
    yield ImageFile("PNG sBIT", "12 bits, low", png(sensor, 16, 0, before=stated), named, rounded(sensor, 4095))
    colours = picture(3, 1023, seed=4)
    file = png(colours, 16, 2, before=chunk(b"sBIT", b"\x0a\x0a\x0a"))
    yield ImageFile("PNG sBIT", "10 bits, low, RGB", file, named, rounded(colours, 1023))
    high = (sensor << 4) | (sensor >> 8)
    file = png(high, 16, 0, before=stated)
    yield ImageFile("PNG sBIT", "12 bits, high", file, "16 bits are rounded, not cut", rounded(high, 65535))
    named = "16 bits are rounded, not cut"
    yield ImageFile("PNG sBIT", "12 bits, low, not stated", png(sensor, 16, 0), named, rounded(sensor, 65535))
    for orientation in range(10):
        samples = picture(3, 255, seed=orientation, lying=orientation in (5, 6, 7, 8))
        mark = chunk(b"eXIf", exif(orientation)[6:])
        yield ImageFile("PNG EXIF", f"{orientation} before", png(samples, 8, 2, before=mark))
        yield ImageFile("PNG EXIF", f"{orientation} after", png(samples, 8, 2, after=mark))
    samples = picture(3, 255, seed=5)
    plain = png(samples, 8, 2)
    control = struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)
    animation = chunk(b"acTL", struct.pack(">II", 1, 0)) + chunk(b"fcTL", control)
    others = {
        "data in pieces of one byte": png(samples, 8, 2, pieces=1),
        "data not compressed": png(samples, 8, 2, level=0),
        "a chunk without data": png(samples, 8, 2, before=chunk(b"IDAT")),
        "bytes behind the end": plain + b"behind the end",
        "without an end": plain[:-12],
        "a text with a wrong checksum": png(samples, 8, 2, after=chunk(b"tEXt", b"Title\0x", damage=1)),
        "an animation": png(samples, 8, 2, before=animation),
        "a suggested palette": png(samples, 8, 2, before=chunk(b"PLTE", bytes(range(48)))),
        "a broken profile": png(samples, 8, 2, before=chunk(b"iCCP", b"x\0\0" + b"no zlib")),
    }
    for name, content in others.items():
        yield ImageFile("PNG arrangement", name, content)


# MARK: EXIF


def exif(orientation: int, order: str = ">") -> bytes:
    """An EXIF segment's content with one entry."""
    mark = b"MM" if order == ">" else b"II"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + mark + struct.pack(f"{order}HIH", 42, 8, 1) + entry + bytes(4)


# MARK: JPEG


def as_image(samples: Values) -> Image.Image:
    height, width, channels = samples.shape
    return Image.frombytes({1: "L", 3: "RGB", 4: "CMYK"}[channels], (width, height), samples.astype(np.uint8).tobytes())


def jpeg(samples: Values, **options: object) -> bytes:
    """A JPEG file that Pillow writes."""
    file = io.BytesIO()
    as_image(samples).save(file, "JPEG", **options)
    return file.getvalue()


def cjpeg(samples: Values, *options: str) -> bytes:
    """A JPEG file that libjpeg-turbo's command writes."""
    file = io.BytesIO()
    as_image(samples).save(file, "PPM")
    return subprocess.run(["cjpeg", *options], input=file.getvalue(), capture_output=True, check=True).stdout


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def with_segment(file: bytes, marker: int, content: bytes) -> bytes:
    return file[:2] + segment(marker, content) + file[2:]


SAMPLINGS = [
    "1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4", "4x4", "3x1", "1x3", "3x3", "3x2", "2x3",
    "2x2,1x2,1x2", "2x2,2x1,2x1", "2x2,2x2,1x1", "2x1,1x1,2x1", "1x2,1x1,1x2", "2x2,1x1,2x2", "4x2,2x1,1x1", "1x1,2x2,2x2",
]  # fmt: skip


def sampled_jpegs(folder: pathlib.Path) -> Iterator[ImageFile]:
    """Every sampling that libjpeg-turbo writes, in all its codings."""
    scans = folder / "scans.txt"
    scans.write_text("0; 1; 2;")
    ways = {"baseline": [], "progressive": ["-progressive"], "arithmetic": ["-arithmetic"]}
    for number, sampling in enumerate(SAMPLINGS):
        for way, options in ways.items():
            blocks = sum(int(factors[0]) * int(factors[2]) for factors in [*sampling.split(","), "1x1", "1x1"][:3])
            if blocks > 10:
                # They do not fit into one scan of all colours.
                if way == "progressive":
                    continue
                options = [*options, "-scans", str(scans)]
            content = cjpeg(picture(3, 255, seed=number), "-sample", sampling, *options)
            yield ImageFile("JPEG sampling", f"{sampling} {way}", content)
    kinds = {
        "restarts": ["-restart", "1"], "restarts, each block": ["-restart", "1B"], "RGB": ["-rgb"], "optimised": ["-optimize"],
        "fast transform": ["-dct", "fast"], "quality 1": ["-quality", "1"], "quality 100": ["-quality", "100"],
    }  # fmt: skip
    for name, options in kinds.items():
        for channels in (3,) if name == "RGB" else (1, 3):
            for way in ([], ["-progressive"]):
                content = cjpeg(picture(channels, 255, seed=7), *options, *way)
                yield ImageFile("JPEG coding", f"{name}, {channels}{' progressive' if way else ''}", content)


def pillow_jpegs() -> Iterator[ImageFile]:
    """What Pillow writes: qualities, samplings, ink, orientation."""
    for quality in (5, 30, 75, 95, 100):
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            for progressive in (False, True):
                content = jpeg(
                    picture(3, 255, seed=quality), quality=quality, subsampling=sampling, progressive=progressive
                )
                yield ImageFile("JPEG Pillow's", f"{quality} {sampling} {progressive}", content)
        yield ImageFile("JPEG grey", f"{quality}", jpeg(picture(1, 255, seed=quality), quality=quality))
        ink = jpeg(picture(4, 255, seed=quality), quality=quality)
        adobe = ink.index(b"\xff\xee")
        yield ImageFile("JPEG ink", f"CMYK {quality}", ink)
        yield ImageFile("JPEG ink", f"CMYK without Adobe's marker {quality}", ink[:adobe] + ink[adobe + 16 :])
        transform = adobe + 15
        yield ImageFile("JPEG ink", f"YCCK {quality}", ink[:transform] + b"\2" + ink[transform + 1 :])
    for orientation in range(10):
        for order in "<>":
            samples = picture(3, 255, seed=orientation, lying=orientation in (5, 6, 7, 8))
            content = with_segment(jpeg(samples, quality=90), 0xE1, exif(orientation, order))
            yield ImageFile("JPEG EXIF", f"{orientation} {order}", content)


def odd_jpegs() -> Iterator[ImageFile]:
    """What libjpeg warns of, or leaves unsaid."""
    plain = jpeg(picture(3, 255, seed=1), quality=90)
    grey = jpeg(picture(1, 255, seed=2), quality=90)
    frame, scan, jfif = plain.index(b"\xff\xc0"), plain.index(b"\xff\xda"), plain.index(b"JFIF\0")
    lying = jpeg(picture(3, 255, seed=3, lying=True), quality=90)
    others = {
        "Adobe's transform 3": with_segment(plain, 0xEE, b"Adobe\0\x64\0\0\0\0\3"),
        "Adobe's transform 0": with_segment(plain, 0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        "JFIF 2.01": plain[: jfif + 5] + b"\2" + plain[jfif + 6 :],
        "wrong parameters of a scan": plain[: scan + 11] + b"\0\5\0" + plain[scan + 14 :],
        "bytes before a marker": plain[:frame] + b"\1\2\3" + plain[frame:],
        "bytes before EXIF": lying[:20] + b"\1\2\3" + segment(0xE1, exif(6)) + lying[20:],
        "padding before a marker": plain[:frame] + b"\xff\xff\xff" + plain[frame:],
        "bytes behind the end": plain + b"behind the end",
        "two pictures": plain + jpeg(picture(3, 255, seed=3)),
        "a comment": with_segment(plain, 0xFE, b"no comment"),
        "a broken profile": with_segment(plain, 0xE2, b"ICC_PROFILE\0\1\1no profile"),
        "no JFIF": plain[:2] + plain[20:],
        "two EXIF segments": with_segment(with_segment(plain, 0xE1, exif(2)), 0xE1, exif(3)),
        "grey with Adobe's marker": with_segment(grey, 0xEE, b"Adobe\0\x64\0\0\0\0\0"),
    }
    for name, content in others.items():
        yield ImageFile("JPEG oddities", name, content)
    for seed in range(12):
        generator = np.random.default_rng(seed)
        whole = cjpeg(picture(3, 255, seed=seed), *([["-restart", "1"], []][seed % 2]))
        content = bytearray(whole)
        start = whole.index(b"\xff\xda") + 14
        # Where no marker is, and none comes of it.
        quiet = [at for at in range(start, len(whole) - 3) if 0xFF not in whole[at - 1 : at + 2] + bytes([whole[at] ^ 4])]
        content[int(generator.choice(quiet))] ^= 4
        yield ImageFile("JPEG damaged scan", f"{seed}", bytes(content))


# MARK: WebP


def webps() -> Iterator[ImageFile]:
    """Lossy and lossless, with opacity, orientation and animation."""

    def webp(samples: Values, **options: object) -> bytes:
        file = io.BytesIO()
        Image.fromarray(samples.astype(np.uint8)).save(file, "WEBP", **options)
        return file.getvalue()

    for seed, quality in enumerate((1, 50, 80, 100)):
        for method in (0, 4, 6):
            content = webp(picture(3, 255, seed), quality=quality, method=method)
            yield ImageFile("WebP lossy", f"{quality} {method}", content)
    for seed in range(6):
        samples = picture(3, 255, seed)
        yield ImageFile("WebP lossless", f"{seed}", webp(samples, lossless=True, method=seed))
        clear = picture(4, 255, seed)
        content = webp(clear, lossless=seed % 2 == 0, quality=90, exact=True)
        decoded = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(np.int64)
        expected = on_white(decoded[..., :3], decoded[..., 3:])
        yield ImageFile("WebP opacity", f"{seed}", content, "opacity: laid on white, not dropped", expected)
    for orientation in range(1, 9):
        samples = picture(3, 255, seed=orientation, lying=orientation >= 5)
        for prefix in (b"", b"Exif\0\0"):
            content = webp(samples, lossless=True, exif=prefix + exif(orientation)[6:])
            yield ImageFile("WebP EXIF", f"{orientation} {len(prefix)}", content)
    frames = [Image.fromarray(picture(3, 255, seed).astype(np.uint8)) for seed in range(3)]
    for lossless in (False, True):
        file = io.BytesIO()
        frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], lossless=lossless)
        yield ImageFile("WebP animation", f"lossless {lossless}", file.getvalue())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield ImageFile("WebP lossy", "profile", webp(picture(3, 255, 9), icc_profile=profile))


def all_files(folder: pathlib.Path) -> list[ImageFile]:
    """The whole corpus; `folder` is for what cjpeg reads."""
    sources = [plain_pngs, transparent_pngs, special_pngs, pillow_jpegs, odd_jpegs, webps]
    return [file for source in sources for file in source()] + list(sampled_jpegs(folder))
