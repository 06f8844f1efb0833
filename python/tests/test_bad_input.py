"""Bad input: one clear ValueError, and the process goes on."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from tally import TallyClassifier


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X / 255, r"whole numbers in 0\.\.\.255.*pixel_range=\(0, 1\)"),
        (lambda X: X / 127.5 - 1, r"pixel_range=\(-1, 1\)"),
        (lambda X: X.astype(np.uint16) * 257, r"pixel_range=\(0, 65535\)"),
        (lambda X: np.stack([X] * 3, axis=1), r"channels first; give np\.transpose\(X, \(0, 2, 3, 1\)\)"),
        (lambda X: X[:, None], r"np\.transpose"),
        (lambda X: X.astype(int) - 200, "whole numbers in 0...255"),
        (lambda X: X.astype(int) + 200, "whole numbers in 0...255"),
        (lambda X: np.where(X == X.max(), np.nan, X), "NaN"),
        (lambda X: np.where(X == X.max(), np.inf, X), "infinity"),
        (lambda X: X.astype(complex), "Complex"),
        (lambda X: X.astype(str), "string|convert"),
        (lambda X: np.full(X.shape, "cat", dtype=object), "cat"),
        (lambda X: X[:0], "0 sample"),
        (lambda X: X[:, :0], "at least 1"),
        (lambda X: X[:, :, :0], "at least 1"),
        (lambda X: X[:-1], "inconsistent numbers of samples"),
        (lambda X: X.reshape(-1), "1D array"),
        (lambda X: X[0, 0, 0], "scalar|0D"),
        (lambda X: X[:, None, None], "dimensions"),
        (lambda X: X.reshape(90, -1)[:, :143], "not a square image"),
        (lambda X: [[1, 2], [3]] * 45, "inhomogeneous"),
        (lambda X: np.zeros((90, 5, 5, 17), np.uint8), "channels 17"),
        (lambda X: np.zeros((90, 1, 1), np.uint8), "grid|1"),
    ],
)
def test_images(stripes, tiny, change, message):
    X, y = stripes()
    with pytest.raises(ValueError, match=message):
        tiny().fit(change(X), y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: y * 0, "1 class"),
        (lambda y: y + 0.5, "continuous"),
        (lambda y: y[:, None] * [1, 2], "1d|multi"),
        (lambda y: np.where(y == 0, np.nan, y), "NaN"),
        (lambda y: None, "None"),
        (lambda y: y[:0], "inconsistent|0"),
        (lambda y: np.array(["a\0b", "c", "d"])[y], "zero character"),
        (lambda y: np.array(["\ud800", "c", "d"])[y], "UTF-8"),
    ],
)
def test_labels(stripes, tiny, change, message):
    X, y = stripes()
    with pytest.raises(ValueError, match=message):
        tiny().fit(X, change(y))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"plan": "quik"}, "quick"),
        ({"plan": "no/such.json"}, "no/such.json"),
        ({"plan": 3}, "plan=3"),
        ({"plan": "{"}, "JSON"),
        ({"plan": {"name": "x"}}, "layers"),
        ({"plan": {"name": "x", "layers": [{"filters": 10**9}]}}, "filters"),
        ({"plan": {"name": "x", "layers": [{"filters": float("nan")}]}}, "JSON"),
        ({"plan": {"name": {1, 2}, "layers": []}}, "JSON"),
        ({"settings": {"layers.0.filter": 8}}, "filters"),
        ({"settings": {"layers.9.filters": 8}}, "position"),
        ({"settings": {"": 8}}, "empty key"),
        ({"settings": ["layers.0.filters=8"]}, "dict"),
        ({"settings": {"layers.0.head.grid": 16}}, "grid"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 2**64}, "seed"),
        ({"seed": 1.5}, "seed=1.5"),
        ({"seed": None}, "seed=None"),
        ({"validation": 0.95}, "validation"),
        ({"validation": -0.1}, "validation"),
        ({"validation": float("nan")}, "validation"),
        ({"validation": "0.1"}, "validation"),
        ({"threads": 0}, "threads=0"),
        ({"threads": 5000}, "threads=5000"),
        ({"verbose": "yes"}, "verbose"),
        ({"image_shape": (12, 13)}, "12x12"),
        ({"image_shape": (12, 12, 1, 1)}, "image_shape"),
        ({"image_shape": (-12, -12)}, "image_shape"),
        ({"image_shape": (12.5, 12)}, "image_shape"),
        ({"image_shape": "square"}, "image_shape"),
        ({"image_shape": 12}, "image_shape"),
        ({"pixel_range": (1, 1)}, "pixel_range"),
        ({"pixel_range": (0, float("inf"))}, "pixel_range"),
        ({"pixel_range": (0, 1, 2)}, "pixel_range"),
        ({"pixel_range": "01"}, "pixel_range"),
        ({"pixel_range": 255}, "pixel_range"),
    ],
)
def test_parameters(stripes, tiny, parameters, message):
    X, y = stripes()
    error = FileNotFoundError if parameters.get("plan") == "no/such.json" else ValueError
    with pytest.raises(error, match=message) as caught:
        tiny(**parameters).fit(X, y)
    assert len(str(caught.value).splitlines()) == 1


def test_other_images_than_learned(stripes, tiny):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    with pytest.raises(ValueError, match="169 features, but TallyClassifier is expecting 144"):
        classifier.predict(np.zeros((5, 169), np.uint8))
    with pytest.raises(ValueError, match="13x13x1, but the model takes 12x12x1"):
        classifier.predict(np.zeros((5, 13, 13), np.uint8))
    with pytest.raises(ValueError, match="9x16x1, but the model takes 12x12x1"):
        classifier.predict(np.zeros((5, 9, 16), np.uint8))
    with pytest.raises(ValueError, match="4x12x3, but the model takes 12x12x1"):
        classifier.predict(np.zeros((5, 4, 12, 3), np.uint8))
    with pytest.raises(ValueError, match="whole numbers"):
        classifier.predict(X / 255)
    with pytest.raises(ValueError, match=r"1x12x12, but the model takes 12x12x1; give np\.transpose"):
        classifier.predict(X[:, None])
    assert classifier.score(X, y) > 0.5


def test_not_fitted(stripes, tiny):
    X, _ = stripes()
    for call in (tiny().predict, tiny().predict_proba, tiny().decision_function, tiny().scores):
        with pytest.raises(NotFittedError):
            call(X)
    with pytest.raises(NotFittedError):
        tiny().save("model.tally")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: np.full_like(X, 9), "all pixels of all 90 images are 9"),
        (lambda X: (X / 255).round().astype(np.uint8), "all pixels are 0 or 1"),
        (lambda X: X // 255 + np.arange(90, dtype=np.uint8)[:, None, None], "90 of 90 images are of one colour"),
        (lambda X: X[np.arange(90) % 3], "only 3 of the 90 images are different"),
    ],
)
def test_images_that_say_nothing_are_warned_of(stripes, tiny, change, message):
    X, y = stripes()
    with pytest.warns(UserWarning, match=message):
        tiny().fit(change(X), y)


def test_a_training_that_comes_to_nothing_is_warned_of(stripes, tiny):
    X, y = stripes(count=600)
    guesses = np.random.default_rng(1).permutation(y)
    with pytest.warns(UserWarning, match="not clearly above the share of the most frequent class, 33.3%"):
        tiny().fit(X, guesses)


def test_rows_that_look_like_channels(stripes, tiny):
    """Images of three rows are taken as such where they are said to have three rows."""
    X, y = stripes(height=3, width=12, channels=5)
    with pytest.raises(ValueError, match=r"image_shape=\(3, 12, 5\)"):
        tiny().fit(X, y)
    with pytest.raises(ValueError, match="3 channels, not 5"):
        tiny(image_shape=(3, 12, 5)).fit(X, y)


@pytest.mark.filterwarnings("ignore:all pixels")
def test_extreme_images_do_not_crash(tiny, tmp_path):
    """Images that say nothing, and as few of them as can be."""
    plan = {"name": "t", "layers": [{"filters": 4, "head": {"grid": 1}, "refine": {"passes": 1}}]}
    y = np.array([0, 1])
    for side in (1, 2, 3):
        for value in (0, 255):
            X = np.full((2, side, side), value, np.uint8)
            for validation in (0.0, 0.9):
                classifier = tiny(plan=plan, validation=validation).fit(X, y)
                # Two images that are alike get the same answer, from a model that its file keeps.
                scores = classifier.scores(X)
                assert (scores[0] == scores[1]).all()
                assert classifier.predict(X).tolist() == [scores[0].argmax()] * 2
                classifier.save(tmp_path / "model.tally")
                assert (TallyClassifier.load(tmp_path / "model.tally").scores(X) == scores).all()


@pytest.mark.parametrize("kernels", ["mmx", "neon-9"])
def test_unknown_kernels_are_an_error_not_the_end(kernels):
    code = (
        "import numpy, tally\n"
        "try: tally.TallyClassifier().fit(numpy.zeros((4, 8, 8), numpy.uint8), [0, 1, 0, 1])\n"
        "except ValueError as error: print('ValueError:', error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TALLY_FORCE_KERNELS": kernels},
    )
    assert result.stdout.startswith(f"ValueError: TALLY_FORCE_KERNELS={kernels}")


def test_memory_limit(stripes, tiny, monkeypatch):
    X, y = stripes()
    monkeypatch.setenv("TALLY_MEMORY_MIB", "1")
    with pytest.raises(ValueError, match="memory"):
        TallyClassifier().fit(X, y)
    monkeypatch.setenv("TALLY_MEMORY_MIB", "much")
    with pytest.raises(ValueError, match="TALLY_MEMORY_MIB=much"):
        tiny().fit(X, y)


def test_paths_in_place_of_images(stripes, tiny):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    for given in ("boot.png", pathlib.Path("boot.png"), ["boot.png", "bag.png"], (pathlib.Path("boot.png"),)):
        for call in (classifier.predict, lambda given: tiny().fit(given, y)):
            with pytest.raises(ValueError, match=r"a path \('boot\.png'\), not images; tally\.load_folder"):
                call(given)


def test_one_hot_labels(stripes, tiny):
    X, y = stripes()
    classes, places = np.unique(y, return_inverse=True)
    with pytest.raises(ValueError, match=r"1d array.*of one-hot labels give y\.argmax\(axis=1\)"):
        tiny().fit(X, np.eye(len(classes))[places])
