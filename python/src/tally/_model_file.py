"""The network of a model file as numpy arrays, for exporters. docs/model-file.md describes the file.

The library has checked the bytes before they come here, so what they say is not checked again.
"""

from __future__ import annotations

import dataclasses
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

# The sources of signals, by their numbers in the file.
CHANNELS, MEAN, OPPONENTS, WHITENED, PATCH, COMPONENTS = range(6)
# What a head counts, and how a map is halved.
PLAIN, SOFT, ROOT = range(3)
NO_REDUCTION, OR, MAJORITY = range(3)
# No image is answered after a layer with this lead.
NO_EXIT = -1

Integers = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Signal:
    """A kind of signal at one level of the pyramid: S numbers of every pixel, and the L bits of each.

    factors: S x window x window x channels; for signals without learned factors S x 1 x 1 x channels, the channels' own.
    thresholds: S x L, ascending.
    """

    source: int
    window: int
    factors: Integers
    thresholds: Integers

    @property
    def is_contrasted(self) -> bool:
        """Whether its numbers are in units of the window's contrast."""
        return self.source in (PATCH, COMPONENTS)

    @property
    def is_learned(self) -> bool:
        """Whether its factors are learned ones of a whole window."""
        return self.source in (WHITENED, PATCH, COMPONENTS)

    @property
    def bits(self) -> int:
        """Bits of a pixel."""
        return int(self.thresholds.size)


@dataclasses.dataclass(frozen=True)
class Feature:
    """A bit of every filter: whether its distance is at most the threshold (near), or at least that (far). thresholds: K."""

    is_far: bool
    is_counted: bool
    is_handed_on: bool
    thresholds: Integers


@dataclasses.dataclass(frozen=True)
class Head:
    """Scores from counts, in units of 2**-scale. bias: C; weights: C x cells x counted features x K."""

    grid: int
    span: int
    counts: int
    scale: int
    bias: Integers
    weights: Integers

    @property
    def side(self) -> int:
        """Cells along each side."""
        return self.grid - self.span + 1


@dataclasses.dataclass(frozen=True)
class Layer:
    """Filters and what follows them. filters, masks: K x window x window x bits of a position, 0 or 1.

    signals: those of the encoder that the layer looks at in the whole image; None: it looks at what the layer before hands on, or, as
    the first one, at all of them.
    """

    window: int
    groups: int
    signals: list[int] | None
    is_centred: bool
    features: list[Feature]
    reduction: int
    filters: Integers
    masks: Integers | None
    head: Head | None
    exit: int

    @property
    def patch_bits(self) -> int:
        """D, the bits of a patch."""
        return int(self.filters[0].size)

    @property
    def middle(self) -> int:
        """What is added to centred distances."""
        return self.patch_bits // 2 if self.is_centred else 0


@dataclasses.dataclass(frozen=True)
class Network:
    """All that answers an image. signals: those of every level of the pyramid, in the order of their bits."""

    width: int
    height: int
    channels: int
    class_names: list[str]
    has_pyramid: bool
    signals: list[list[Signal]]
    layers: list[Layer]
    mirrors: bool
    temperature: int | None
    plan: str
    digest: int


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content, self.position = content, 0

    def number(self, code: str) -> int:
        (value,) = struct.unpack_from("<" + code, self.content, self.position)
        self.position += struct.calcsize("<" + code)
        return int(value)

    def array(self, kind: str, *shape: int) -> Integers:
        count = int(np.prod(shape, dtype=np.int64))
        found = np.frombuffer(self.content, dtype=kind, count=count, offset=self.position)
        self.position += found.nbytes
        return found.reshape(shape).astype(np.int64)

    def bits(self, *shape: int) -> Integers:
        """A string of bits without gaps."""
        count = int(np.prod(shape, dtype=np.int64))
        size = (count + 7) // 8
        packed = np.frombuffer(self.content, dtype=np.uint8, count=size, offset=self.position)
        self.position += size
        return np.unpackbits(packed, bitorder="little")[:count].reshape(shape)

    def text(self, size: int) -> str:
        self.position += size
        return self.content[self.position - size : self.position].decode("utf-8")


def decode(content: bytes) -> Network:
    """The network in the bytes of a model file that the library has written."""
    frame = _Reader(content)
    frame.position = 10
    sections: list[tuple[str, _Reader]] = []
    for _ in range(frame.number("I")):
        tag = frame.text(4)
        size = frame.number("Q")
        sections.append((tag, _Reader(content[frame.position : frame.position + size])))
        frame.position += size
    first = dict(reversed(sections))
    plan = first["PLAN"]
    names = first["CLAS"]
    class_names = [names.text(names.number("I")) for _ in range(names.number("I"))]
    encoder = first["ENCO"]
    width, height, channels = encoder.number("I"), encoder.number("I"), encoder.number("I")
    has_pyramid = bool(encoder.number("B"))
    signals = _signals(encoder, channels)
    layers = [_layer(section, len(class_names)) for tag, section in sections if tag == "LAYR"]
    mirrors = False
    if "EXIT" in first:
        mirrors = bool(first["EXIT"].number("B"))
        layers = [dataclasses.replace(layer, exit=first["EXIT"].number("q")) for layer in layers]
    return Network(
        width=width,
        height=height,
        channels=channels,
        class_names=class_names,
        has_pyramid=has_pyramid,
        signals=signals,
        layers=layers,
        mirrors=mirrors,
        temperature=first["cali"].number("I") if "cali" in first else None,
        plan=plan.text(len(plan.content)),
        digest=int.from_bytes(content[-8:], "little"),
    )


def _signals(reader: _Reader, channels: int) -> list[list[Signal]]:
    """The signals of every level of the pyramid."""
    levels = reader.number("B")
    kinds = []
    for _ in range(reader.number("H")):
        source, window, bits = reader.number("B"), reader.number("B"), reader.number("B")
        count = {
            MEAN: 1,
            OPPONENTS: 2,
            PATCH: window * window * channels,
        }.get(source, channels)
        if source == COMPONENTS:
            count = reader.number("B")
        kinds.append((source, window, bits, count))
    own = {
        CHANNELS: np.eye(channels, dtype=np.int64),
        MEAN: np.ones((1, channels), dtype=np.int64),
        OPPONENTS: np.array([[1, -1, 0], [1, 1, -2]], dtype=np.int64),
    }
    factors = [
        own[source].reshape(count, 1, 1, channels)
        if source in own
        else reader.array("<i2", count, window, window, channels)
        for _ in range(levels)
        for source, window, _, count in kinds
    ]
    thresholds = [reader.array("<i4", count, bits) for _ in range(levels) for _, _, bits, count in kinds]
    found = [
        Signal(source, window, factors[i], thresholds[i])
        for i, (source, window, _, _) in enumerate(kinds * levels)
    ]
    return [found[i * len(kinds) : (i + 1) * len(kinds)] for i in range(levels)]


def _layer(reader: _Reader, classes: int) -> Layer:
    window, count, feature_count, flags = (reader.number(code) for code in "BHBB")
    groups = reader.number("B") if flags & 16 else 1
    signals = [int(i) for i in reader.array("<u2", reader.number("H"))] if flags & 32 else None
    # Sides and uses; plain features are near, the first one for the head and the next layer, the second for the latter.
    kinds = [(0, 0), (0, 2)][:feature_count]
    if flags & 8:
        kinds = [(reader.number("B"), reader.number("B")) for _ in range(feature_count)]
    reduction = reader.number("B")
    bits = int(reader.array("<u4", reader.number("B")).sum()) // groups
    features = [
        Feature(side == 1, use in (0, 1), use in (0, 2), reader.array("<u2", count)) for side, use in kinds
    ]
    filters = reader.bits(count, window, window, bits)
    masks = reader.bits(count, window, window, bits) if flags & 1 else None
    counted = sum(feature.is_counted for feature in features)
    head = _head(reader, classes, counted, count)
    return Layer(window, groups, signals, bool(flags & 2), features, reduction, filters, masks, head, NO_EXIT)


def _head(reader: _Reader, classes: int, counted: int, filters: int) -> Head | None:
    kind = reader.number("B")
    if kind == 0:
        return None
    grid = reader.number("H")
    span = reader.number("B") if kind == 2 else 1
    counts, scale = reader.number("B"), reader.number("B")
    reader.number("I")
    bias = reader.array("<i8", classes)
    weights = reader.array("<i2", classes, (grid - span + 1) ** 2, counted, filters)
    return Head(grid, span, counts, scale, bias, weights)
