"""What first-layer filters look like, as arrays: thermometer bits decoded to levels. Drawing is matplotlib's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tally._model_file import COMPONENTS, OPPONENTS, Network, Signal

Pictures = npt.NDArray[np.float64]


def pyplot(what: str) -> Any:
    """matplotlib.pyplot; ImportError that says what to install where it is not there."""
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError(
            f"{what} needs matplotlib; install it with: pip install matplotlib (or tally-classifier[plot])"
        ) from error
    return matplotlib.pyplot


def first_kinds(network: Network) -> list[Signal]:
    """The kinds of signals that the first layer looks at."""
    kinds, seen = network.signals[0], network.layers[0].signals
    return kinds if seen is None else [kinds[i] for i in seen]


def first_layer(network: Network, index: int) -> Pictures:
    """Pictures of all first-layer filters for kind `index` of the signals it looks at, K x side x side x 3, from 0 to 1.

    The level of a signal is the fraction of its bits that the filter has set, half for one that does not matter. A filter of a
    group sees one kind alone and shows that.
    """
    layer = network.layers[0]
    bits = layer.filters.astype(np.float64)
    if layer.masks is not None:
        bits = np.where(layer.masks == 1, bits, 0.5)
    kinds = first_kinds(network)
    if layer.groups == 1:
        first = sum(kind.bits for kind in kinds[:index])
        return _pictures(bits[..., first : first + kinds[index].bits], kinds[index])
    own = len(bits) // layer.groups
    parts = [_pictures(bits[i * own : (i + 1) * own], kind) for i, kind in enumerate(kinds)]
    side = max(part.shape[1] for part in parts)
    return np.concatenate([_framed(part, side) for part in parts])


def sheet(pictures: Pictures, columns: int = 16) -> Pictures:
    """Pictures side by side, with lines of a pixel between them."""
    count, side = len(pictures), pictures.shape[1]
    columns = min(columns, count)
    rows = -(-count // columns)
    result = np.full((rows * (side + 1) - 1, columns * (side + 1) - 1, 3), 0.8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * (side + 1), (i % columns) * (side + 1)
        result[y : y + side, x : x + side] = picture
    return result


def _pictures(bits: Pictures, kind: Signal) -> Pictures:
    """Pictures from the bits of one kind, K x window x window x bits; where windows of positions overlap, their mean."""
    count, window = bits.shape[:2]
    signals, levels = kind.thresholds.shape
    shares = bits.reshape(count, window, window, signals, levels).mean(axis=4)
    # Every position as a block of pixels, K x window x window x block x block x values.
    block = kind.window if kind.is_contrasted else 1
    if kind.source == COMPONENTS:
        # Patterns, each as strong as its level is away from the middle.
        sums = np.tensordot(shares - 0.5, kind.factors.astype(np.float64), axes=1)
        largest = np.abs(sums).max(axis=(3, 4, 5), keepdims=True)
        blocks = 0.5 + sums / (2 * np.maximum(largest, 1))
    else:
        blocks = shares.reshape(count, window, window, block, block, -1)
    side = window + block - 1
    total = np.zeros((count, side, side, blocks.shape[5]))
    covered = np.zeros((side, side, 1))
    for y in range(window):
        for x in range(window):
            total[:, y : y + block, x : x + block] += blocks[:, y, x]
            covered[y : y + block, x : x + block] += 1
    return _colours(total / covered, kind.source)


def _colours(levels: Pictures, source: int) -> Pictures:
    """Levels as red, green and blue: opponents as a hue of middle brightness, anything but three channels as grey."""
    if source == OPPONENTS:
        # R - G = u and R + G - 2 B = v, with (R + G + B) / 3 = 1/2.
        u, v = levels[..., 0] - 0.5, 2 * (levels[..., 1] - 0.5)
        levels = np.stack([0.5 + v / 6 + u / 2, 0.5 + v / 6 - u / 2, 0.5 - v / 3], axis=-1)
    elif levels.shape[-1] != 3:
        levels = np.repeat(levels.mean(axis=-1, keepdims=True), 3, axis=-1)
    return np.clip(levels, 0.0, 1.0)


def _framed(pictures: Pictures, side: int) -> Pictures:
    """Pictures in the middle of larger grey ones."""
    before = (side - pictures.shape[1]) // 2
    behind = side - pictures.shape[1] - before
    around = (before, behind)
    return np.pad(pictures, ((0, 0), around, around, (0, 0)), constant_values=0.5)
