"""Images and plans that the tests share: a slice of Fashion-MNIST, and small images that are quickly learned."""

import gzip
import os
import pathlib
from collections.abc import Callable
from typing import Any

# Read when SciPy is loaded; without it scikit-learn leaves one of its checks out.
os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
import pytest
from tally import TallyClassifier

FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")

# A small layer after k-means, and one refined from it.
TINY_PLAN: dict[str, Any] = {
    "name": "tiny",
    "encoder": {"grey": [{"source": "mean", "window": 0, "levels": 6}, {"source": "mean", "window": 3, "levels": 4}]},
    "mergesPerPass": 2,
    "layers": [
        {"filters": 12, "learner": "cluster", "reduction": "or", "cluster": {"rounds": 2}, "head": {"grid": 2}},
        {"filters": 10, "refine": {"passes": 1, "batch": 32}, "head": {"grid": 2}},
    ],
}


def read_idx(path: pathlib.Path, count: int) -> np.ndarray:
    """The first `count` items of an IDX file of bytes."""
    with gzip.open(path) as file:
        dimensions = file.read(4)[3]
        shape = np.frombuffer(file.read(4 * dimensions), dtype=">u4").astype(int)
        size = int(np.prod(shape[1:])) if dimensions > 1 else 1
        return np.frombuffer(file.read(count * size), dtype=np.uint8).reshape(count, *shape[1:])


def write_idx(path: pathlib.Path, array: np.ndarray) -> None:
    """An array of bytes as an IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(int(side).to_bytes(4, "big") for side in array.shape)
    path.write_bytes(head + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="session")
def fashion() -> Callable[[str, int], tuple[np.ndarray, np.ndarray]]:
    """The first images and labels of a part of Fashion-MNIST."""

    def load(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        images = FASHION / f"{part}-images-idx3-ubyte.gz"
        if not images.exists():
            pytest.skip("the Debian package dataset-fashion-mnist is not installed")
        return read_idx(images, count), read_idx(FASHION / f"{part}-labels-idx1-ubyte.gz", count)

    return load


@pytest.fixture
def stripes() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Images of stripes whose direction is the class, in noise."""

    def draw(count: int = 90, height: int = 12, width: int = 12, channels: int = 1, classes: int = 3, seed: int = 0):
        generator = np.random.default_rng(seed)
        directions = [(1, 0), (0, 1), (1, 1), (1, 2)]
        labels = np.arange(count) % classes
        y, x = np.mgrid[:height, :width]
        images = generator.integers(0, 60, (count, height, width, channels))
        for i, label in enumerate(labels):
            dy, dx = directions[label]
            images[i] += (60 + 90 * ((y * dy + x * dx + generator.integers(6)) // 3 % 2))[:, :, None]
        images = images.astype(np.uint8)
        return (images[..., 0] if channels == 1 else images), labels

    return draw


@pytest.fixture
def tiny() -> Callable[..., TallyClassifier]:
    """A classifier that learns in a fraction of a second."""

    def make(**parameters: Any) -> TallyClassifier:
        return TallyClassifier(**{"plan": TINY_PLAN, **parameters})

    return make


@pytest.fixture(scope="session")
def tool() -> str:
    """The command `tally`."""
    path = os.environ.get("TALLY_TOOL", "")
    if not path:
        pytest.skip("TALLY_TOOL does not name the command")
    return path
