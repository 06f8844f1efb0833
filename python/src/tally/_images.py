"""From what scikit-learn's users hand over to N x H x W x C bytes. Nothing is scaled or padded unless asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from tally._library import Pixels

Shape = tuple[int, int, int]
ImageShape = Sequence[int] | Literal["padded"] | None
PixelRange = tuple[float, float] | Literal["fit"] | None


def stated_shape(image_shape: Any) -> Shape | None:
    """The `image_shape` parameter as (H, W, C); None if rows are square or padded."""
    if image_shape is None or isinstance(image_shape, str) and image_shape == "padded":
        return None
    sides: Sequence[Any] = () if isinstance(image_shape, str) else image_shape
    try:
        shape = tuple(int(side) for side in sides)
        exact = all(int(side) == side for side in sides)
    except (TypeError, ValueError):
        shape, exact = (), False
    if not exact or len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"image_shape={image_shape!r}: give (height, width), (height, width, channels), 'padded' or None")
    return shape[0], shape[1], shape[2] if len(shape) == 3 else 1


def flat(X: Any) -> tuple[Any, Shape | None]:
    """Images as rows, with their shape; everything else unchanged."""
    refuse_files(X)
    if isinstance(X, list | tuple):
        X = np.asarray(X)
    dimensions = getattr(X, "ndim", 0)
    if dimensions < 3:
        return X, None
    X = np.asarray(X)
    if dimensions > 4:
        raise ValueError(f"X has {dimensions} dimensions; give N x H x W, N x H x W x C, or N rows")
    shape = (X.shape[1], X.shape[2], X.shape[3] if dimensions == 4 else 1)
    if min(shape) < 1:
        raise ValueError(f"X has images of {times(shape)}; each side and the channels must be at least 1")
    return X.reshape(len(X), math.prod(shape)), shape


def refuse_files(X: Any) -> None:
    """Refuses paths in place of images."""
    first = X[0] if isinstance(X, list | tuple) and X else X
    if isinstance(first, str | os.PathLike):
        raise ValueError(
            f"X holds a path ({os.fspath(first)!r}), not images; tally.load_folder(path) reads a folder with a sub-folder for "
            "each class, and np.asarray(PIL.Image.open(path).resize((width, height))) one file"
        )


def shape_of_rows(values: int, image_shape: Any) -> Shape:
    """The image that a row of `values` numbers is taken for."""
    shape = stated_shape(image_shape)
    if shape is not None:
        if math.prod(shape) != values:
            raise ValueError(
                f"image_shape={image_shape!r} has {math.prod(shape)} values, but X has rows of {values}; make them equal"
            )
        return shape
    side = math.isqrt(values)
    if side * side == values:
        return side, side, 1
    if image_shape == "padded":
        return side + 1, side + 1, 1
    raise ValueError(
        f"X has rows of {values} values, which is not a square image; give X as N x H x W (x C), set "
        "image_shape=(height, width, channels), or image_shape='padded' to fill each row up to a square"
    )


def range_of_pixels(values: npt.NDArray[Any], pixel_range: Any) -> tuple[float, float] | None:
    """The `pixel_range` parameter as numbers, those of `values` for 'fit'; None if values are bytes as they are."""
    if pixel_range is None:
        return None
    if isinstance(pixel_range, str) and pixel_range == "fit":
        low, high = float(values.min()), float(values.max())
        return (low, high) if low < high else (low, low + 1.0)
    try:
        low, high = (float(bound) for bound in pixel_range)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if isinstance(pixel_range, str) or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"pixel_range={pixel_range!r}: give (low, high) with low < high, 'fit' or None")
    return low, high


def as_bytes(values: npt.NDArray[Any], pixel_range: tuple[float, float] | None) -> Pixels:
    """Numbers as bytes: unchanged, which must be possible, or low...high as 0...255, rounded, the rest clipped."""
    if pixel_range is not None:
        low, high = pixel_range
        # Halves first, so that no difference of two numbers overflows.
        share = (values.astype(np.float64) / 2 - low / 2) / (high / 2 - low / 2)
        return cast(Pixels, np.floor(np.clip(share, 0.0, 1.0) * 255 + 0.5).astype(np.uint8))
    if values.dtype == np.uint8:
        return values
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low < 0 or high > 255 or values.dtype.kind == "f" and not bool((values == np.floor(values)).all()):
        raise ValueError(
            f"X has {values.dtype} values in {low:g}...{high:g} that are not all whole numbers in 0...255; give "
            f"uint8 images, or say what black and white are: pixel_range={_likely_range(low, high)}, or 'fit' for X's own range"
        )
    return values.astype(np.uint8)


def _likely_range(low: float, high: float) -> str:
    """The `pixel_range` that values between two bounds probably have."""
    for black, white in ((0, 1), (-1, 1), (0, 255), (0, 65535)):
        if black <= low and high <= white:
            return f"({black}, {white})"
    return "(low, high)"


def channels_first(shape: Shape) -> bool:
    """Whether images have their channels, grey or red, green and blue, before rows and columns."""
    return shape[0] in (1, 3) and shape[2] > 4


def times(shape: Sequence[int]) -> str:
    """Sides as people write them, as in 28x28x1."""
    return "x".join(map(str, shape))


def advice(given: Sequence[int], expected: Shape, name: str = "X") -> str:
    """What to do with an array that has channels first, or is a single image, for a model of N x H x W x C; nothing for others."""
    given, (height, width, channels) = tuple(given), expected
    first = (channels, height, width)
    if len(given) == 4 and given[1:] == first:
        return f"; give np.transpose({name}, (0, 2, 3, 1))"
    if given == expected or channels == 1 and given == (height, width):
        return f", and this is a single image; give {name}[None]"
    if given == first:
        return f", and this is a single image; give np.transpose({name}, (1, 2, 0))[None]"
    return ""


def oddity(pixels: Pixels) -> str | None:
    """What is odd about images to learn from: they are all alike, or numbers between 0 and 1 that were cut off."""
    low, high = int(pixels.min()), int(pixels.max())
    flat = pixels.reshape(len(pixels), -1)
    plain = int((flat.min(axis=1) == flat.max(axis=1)).sum())
    if low == high:
        return f"all pixels of all {len(pixels)} images are {low}: there is nothing to tell the classes by"
    elif high == 1:
        return "all pixels are 0 or 1, of 0 to 255: if they come from numbers between 0 and 1, give those and pixel_range=(0, 1)"
    elif plain * 10 >= len(pixels) * 9:
        return f"{plain} of {len(pixels)} images are of one colour only: there is little to tell the classes by"
    elif len(pixels) >= 20 and (different := len({image.tobytes() for image in flat})) * 10 <= len(pixels):
        return f"only {different} of the {len(pixels)} images are different from each other"
    return None


def as_images(rows: Pixels, shape: Shape) -> Pixels:
    """Rows of bytes as N x H x W x C, filled up with zeros where they are shorter than an image."""
    missing = math.prod(shape) - rows.shape[1]
    if missing:
        rows = np.pad(rows, ((0, 0), (0, missing)))
    return np.ascontiguousarray(rows).reshape(-1, *shape)
