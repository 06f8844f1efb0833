"""The scikit-learn estimator. How arrays become images is in _images.py; how they get to Swift in _library.py."""

from __future__ import annotations

import inspect
import json
import math
import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d, validate_data

from tally import _files, _images, _model_file, _parameters, _pictures, _progress, _summary
from tally._explanation import SCORE_ONE, Explanation, explanation
from tally._library import Model, Pixels

MOST_CLASSES = 65_535
# Characters of a repr.
MOST_SHOWN = 120


class TallyClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An image classifier trained by counting bits.

    The same images, labels and parameters give the same model, byte for byte, on every machine and for any number of
    threads; it is also the model of the command ``tally train`` (see `save`).

    Parameters
    ----------
    plan : str, path or dict, default="quick"
        What to learn: a named plan ("tiny", "quick", "standard", "best"), the path of a plan file (with a "/" or "." in it),
        or the plan itself.
    settings : dict or None, default=None
        Changes to the plan, as ``tally train --set``: ``{"layers.*.filters": 64}``.
    seed : int, default=1
        Seed of everything that is drawn, 0 to 2**64 - 1.
    validation : float, default=0.1
        Fraction of the images held out for validation (see `training_summary_`), 0 to 0.9.
    threads : int or None, default=None
        Threads to use, 1 to 1024; None for all cores. Results do not depend on it.
    verbose : int, default=0
        1 prints a line for each layer, 2 for each step. They say on which images an accuracy was measured: validation
        images, or training images where there are none of these.
    image_shape : (H, W), (H, W, C), "padded" or None, default=None
        What the rows of a two-dimensional X are. None: square grey images. "padded": each row is filled up with
        zeros to a square grey image.
    pixel_range : (low, high), "fit" or None, default=None
        None: X has bytes, or whole numbers from 0 to 255 in another type. (low, high): low becomes 0, high 255,
        linearly and rounded; what lies outside is clipped. "fit": low and high are the extremes of the X of `fit`.
    random_state : int, RandomState or None, default=None
        scikit-learn's name of `seed`, which counts where this is None. A RandomState draws a seed in every `fit`.
    n_jobs : int or None, default=None
        scikit-learn's name of `threads`, which counts where this is None: threads, -1 for all cores, -2 for all but one.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Values of one image, height * width * channels (without padding).
    feature_names_in_ : ndarray
        Names of the columns, if the X of `fit` was a data frame.
    image_shape_ : (int, int, int)
        Height, width and channels of the images the model takes.
    pixel_range_ : (float, float) or None
        The `pixel_range` in use.
    training_summary_ : dict
        What training measured: `training_images`, `validation_images`, `validation_fraction`, and in `layers` for each
        layer `filters`, `patch_bits`, the `part` ("validation" or "training") of `images` images that it was measured on,
        `accuracy` of the network so far and `accuracy_alone` of the layer, 0 to 1, `correct` answers, with early
        exits `answered_after` (images by layer), and after the last layer `calibration`: `temperature` (how much more of a
        score, in the units of `decision_function`, doubles the odds), `log_loss_bits` and `error` of the shares.
    history_ : list of dict
        The course of the training, a dict for every step: `stage`, `layer` (None before the first one), `step` of `steps`,
        `images`, and `accuracy`, 0 to 1 or None, on images of the `part` "training" (while learning) or, where
        stage is "layer", "validation". Of a loaded model it holds the ends of layers alone.
    """

    def __init__(
        self,
        *,
        plan: str | os.PathLike[str] | Mapping[str, Any] = "quick",
        settings: Mapping[str, Any] | None = None,
        seed: int = 1,
        validation: float = 0.1,
        threads: int | None = None,
        verbose: int = 0,
        image_shape: _images.ImageShape = None,
        pixel_range: _images.PixelRange = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.plan = plan
        self.settings = settings
        self.seed = seed
        self.validation = validation
        self.threads = threads
        self.verbose = verbose
        self.image_shape = image_shape
        self.pixel_range = pixel_range
        self.random_state = random_state
        self.n_jobs = n_jobs

    # Learning

    def fit(self, X: Any, y: Any) -> TallyClassifier:
        """Trains on images X (N x H x W, N x H x W x C, or N rows) with labels y of any one type.

        Channels come last. Images that are all alike are warned of. Ctrl-C ends it after the current round.
        """
        seed, threads = _parameters.seed(self.seed, self.random_state), self._threads()
        verbose = _parameters.whole("verbose", self.verbose, 0, 2**31)
        share = _parameters.fraction("validation", self.validation)
        plan, settings = _parameters.plan_text(self.plan), _parameters.setting_texts(self.settings)
        rows, shape, y = self._rows_and_labels(X, y)
        classes, labels = np.unique(y, return_inverse=True)
        if not 2 <= len(classes) <= MOST_CLASSES:
            has = "1 class" if len(classes) == 1 else f"{len(classes)} classes"
            raise ValueError(f"y has {has}; allowed: 2 to {MOST_CLASSES} classes")
        names = [str(label) for label in classes.tolist()]
        if len(set(names)) < len(names):
            raise ValueError("y has different labels that read the same as text; rename them")
        if shape is None:
            shape = _images.shape_of_rows(rows.shape[1], self.image_shape)
        pixel_range = _images.range_of_pixels(rows, self.pixel_range)
        pixels = _images.as_images(_images.as_bytes(rows, pixel_range), shape)

        history: list[dict[str, Any]] = []

        def note(event: _progress.Event) -> None:
            history.append(_progress.entry(event, len(pixels)))
            _progress.show(history[-1], verbose)

        model = _progress.in_background(
            lambda progress: Model.train(
                pixels,
                np.ascontiguousarray(labels, dtype=np.uint16),
                names,
                plan=plan,
                settings=settings,
                seed=seed,
                validation_ppm=share,
                threads=threads,
                progress=progress,
            ),
            note,
        )
        self._adopt(model, classes, pixel_range)
        self.history_ = history
        doubt = _images.oddity(pixels) or self._chance(np.bincount(labels))
        if doubt is not None:
            warnings.warn(doubt, UserWarning, stacklevel=2)
        return self

    # Using what was learned

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The most likely label of every image."""
        best = self.scores(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Probabilities, N x classes: the shares of ``tally predict``, calibrated on the validation part.

        Without a validation part nothing was calibrated: then it is the softmax of the scores as they are.
        """
        scores = self.scores(X)
        below = scores - scores.max(axis=1, keepdims=True)
        temperature = self._model.temperature
        odds = np.exp(below / SCORE_ONE) if temperature is None else np.exp2(below / temperature)
        proba: npt.NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return proba

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        """The scores as logarithms of odds, N x classes; of two classes the second's minus the first's, N."""
        scores = self.scores(X)
        if scores.shape[1] == 2:
            return (scores[:, 1] - scores[:, 0]) / SCORE_ONE
        return scores / SCORE_ONE

    def scores(self, X: Any) -> npt.NDArray[np.int64]:
        """The whole numbers that ``tally predict`` shows, N x classes; 65,536 more is a factor e in the odds."""
        return self._fitted_model().scores(self._pixels(X), self._threads())

    def explain(self, X: Any, *, of: Any = None, against: Any = None) -> list[Explanation]:
        """Why every image of X is taken for what it is: which places and filters spoke for its class, and against another.

        of, against: labels of the class to explain and of the one to compare it with; None for the one with the highest
        score, and for the best of the others. It takes far longer than `predict`.
        """
        model, pixels, threads = self._fitted_model(), self._pixels(X), self._threads()
        asked = [-1 if label is None else self._index(name, label) for name, label in (("of", of), ("against", against))]
        names = model.class_names

        def explained(image: npt.NDArray[np.uint8], name: str) -> Explanation:
            numbers = json.loads(model.explain(image, name, asked[0], asked[1], False, threads))
            return explanation(
                numbers, names, self.classes_, lambda: model.explain(image, name, asked[0], asked[1], True, threads)
            )

        return [explained(image, f"image {index}") for index, image in enumerate(pixels)]

    def report(self, path: str | os.PathLike[str], X: Any, y: Any, *, name: str = "test") -> None:
        """Writes a page on the model and how good it is on images: accuracy, confusions, mistakes, filters.

        name: what the images are called. It is the report of ``tally report``, without the course of the training.
        """
        model, pixels = self._fitted_model(), self._pixels(X)
        labels = column_or_1d(y)
        check_consistent_length(pixels, labels)
        indices = np.array([self._index("y", label) for label in labels.tolist()], dtype=np.uint16)
        _files.write(path, model.report(pixels, indices, name, self._threads()).encode("utf-8"))

    # Pictures, through matplotlib

    def plot_confusion(self, X: Any, y: Any, *, ax: Any = None, **options: Any) -> Any:
        """Draws how often which class was taken for which; gives scikit-learn's ConfusionMatrixDisplay.

        options: those of ``ConfusionMatrixDisplay.from_predictions``, such as ``normalize="true"``.
        """
        _pictures.pyplot("plot_confusion")
        from sklearn.metrics import ConfusionMatrixDisplay

        return ConfusionMatrixDisplay.from_predictions(y, self.predict(X), ax=ax, **options)

    def plot_filters(self, count: int = 64, *, signal: int = 0, ax: Any = None) -> Any:
        """Draws what the first `count` filters of the first layer are near, sixteen a row; gives the axes.

        Thermometer bits are shown as levels: dark is below every quantile, bright above. signal: which of the kinds of signals that
        the layer looks at is shown, from 0; filters in groups show their own kind.
        """
        pyplot = _pictures.pyplot("plot_filters")
        count = _parameters.whole("count", count, 1, 4096)
        network = _model_file.decode(self._fitted_model().encode())
        signal = _parameters.whole("signal", signal, 0, len(_pictures.first_kinds(network)) - 1)
        axes = pyplot.subplots()[1] if ax is None else ax
        axes.imshow(_pictures.sheet(_pictures.first_layer(network, signal)[:count]), interpolation="nearest")
        axes.set_axis_off()
        return axes

    # Files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, which every ``tally`` command reads.

        It keeps labels as text, and neither `pixel_range` nor column names; a pickle keeps everything.
        """
        self._fitted_model().write(os.fspath(path))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        classes: Any = None,
        threads: int | None = None,
        verbose: int = 0,
        image_shape: _images.ImageShape = None,
        pixel_range: tuple[float, float] | None = None,
        n_jobs: int | None = None,
    ) -> TallyClassifier:
        """Reads a model file of `save` or ``tally train``, or the model in a run folder.

        Labels are the class names, as ints where all of them are whole numbers, or `classes` in the model's order.
        """
        path = os.fsdecode(path)
        inside = os.path.join(path, "model.tally")
        model = Model.open(inside if os.path.isfile(inside) else path)
        summary = json.loads(model.summary)
        classifier = cls(
            plan=json.loads(model.plan),
            seed=model.seed,
            validation=summary["validationShare"] / 1_000_000,
            threads=threads,
            verbose=verbose,
            image_shape=image_shape,
            pixel_range=pixel_range,
            n_jobs=n_jobs,
        )
        if isinstance(pixel_range, str):
            raise ValueError(f"pixel_range={pixel_range!r}: a model file does not keep it; give (low, high)")
        names = model.class_names
        if classes is None:
            whole = all(name.isascii() and name.lstrip("-").isdigit() and str(int(name)) == name for name in names)
            labels = np.array([int(name) for name in names] if whole else names)
        else:
            labels = np.asarray(classes)
            if labels.shape != (len(names),) or len(set(labels.tolist())) < len(names):
                raise ValueError(f"classes: give {len(names)} different labels, for {', '.join(names[:10])}")
        shape = model.image_shape
        stated = _images.stated_shape(image_shape)
        if stated is not None and stated != shape:
            raise ValueError(f"image_shape={image_shape!r}, but the model takes {_images.times(shape)}")
        classifier.n_features_in_ = math.prod(shape)
        classifier._adopt(model, labels, _images.range_of_pixels(np.empty(0), pixel_range))
        return classifier

    # Inside

    def __repr__(self, N_CHAR_MAX: int = MOST_SHOWN) -> str:
        """The class and the parameters that are not the defaults, in one line."""
        defaults = {name: parameter.default for name, parameter in inspect.signature(type(self)).parameters.items()}
        changed = [
            _parameters.shown(name, value)
            for name, value in self.get_params(deep=False).items()
            if value is not defaults[name] and not (type(value) is type(defaults[name]) and value == defaults[name])
        ]
        text = f"{type(self).__name__}({', '.join(changed)})"
        return text if len(text) <= N_CHAR_MAX else f"{text[: max(0, N_CHAR_MAX - 2)]}…)"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _fitted_model(self) -> Model:
        check_is_fitted(self)
        return self._model

    def _adopt(self, model: Model, classes: npt.NDArray[Any], pixel_range: tuple[float, float] | None) -> None:
        self._model = model
        self.classes_ = classes
        self.image_shape_ = model.image_shape
        self.pixel_range_ = pixel_range
        self.training_summary_ = _summary.plain(json.loads(model.summary))
        self.history_ = _summary.history(self.training_summary_)

    def _chance(self, counts: npt.NDArray[Any]) -> str | None:
        """What to say where the last layer is not clearly better than always answering the most frequent class."""
        last = self.training_summary_["layers"][-1]
        images, right = last["images"], last["correct"]
        share = counts.max() / counts.sum()
        frequent = round(share * images)
        is_near = images >= 50 and (right - frequent) ** 2 * images <= 4 * frequent * (images - frequent)
        if images < 10 or right == images or right > frequent and not is_near:
            return None
        return (
            f"{right} of {images} images right is not clearly above the share of the most frequent class, {share:.1%}: the "
            "model may have learned nothing; check that X and y belong together and that the images show something"
        )

    def _rows_and_labels(self, X: Any, y: Any) -> tuple[npt.NDArray[Any], _images.Shape | None, npt.NDArray[Any]]:
        X, shape = _images.flat(X)
        given = np.asarray(y).shape
        if len(given) == 2 and given[1] > 1:
            raise ValueError(
                f"y should be a 1d array, got an array of shape {given} instead; of one-hot labels give y.argmax(axis=1)"
            )
        rows, labels = validate_data(self, X, y, reset=True, dtype="numeric", order="C")
        check_classification_targets(labels)
        stated = _images.stated_shape(self.image_shape)
        if shape is not None and stated is not None and shape != stated:
            raise ValueError(
                f"X has images of {_images.times(shape)}, but image_shape={self.image_shape!r}"
                + _images.advice((1, *shape), stated)
            )
        if shape is not None and stated is None and _images.channels_first(shape):
            raise ValueError(
                f"X has images of {_images.times(shape)}, with channels first; give np.transpose(X, (0, 2, 3, 1)), or "
                f"image_shape={shape} if they have {shape[0]} rows"
            )
        return rows, shape, labels

    def _pixels(self, X: Any) -> Pixels:
        """Images for the fitted model as N x H x W x C bytes."""
        expected = self.image_shape_
        given = np.shape(X) if isinstance(X, np.ndarray) else ()
        if given and given[0] != 1 and (given == expected or expected[2] == 1 and given == expected[:2]):
            raise ValueError(f"X has the shape {given}{_images.advice(given, expected)}")
        X, shape = _images.flat(X)
        if shape is not None and len(given) == 3 and given == (expected[2], *expected[:2]) and shape != expected:
            raise ValueError(f"X has the shape {given}{_images.advice(given, expected)}")
        if shape is not None and shape != expected:
            raise ValueError(
                f"X has images of {_images.times(shape)}, but the model takes {_images.times(expected)}"
                + _images.advice((1, *shape), expected)
            )
        rows = validate_data(self, X, reset=False, dtype="numeric", order="C")
        return _images.as_images(_images.as_bytes(rows, self.pixel_range_), expected)

    def _index(self, name: str, label: Any) -> int:
        """The place of a label in `classes_`."""
        places = np.flatnonzero(self.classes_ == label)
        if len(places) != 1:
            known = ", ".join(map(repr, self.classes_[:20].tolist()))
            raise ValueError(f"{name}: the model has no class {label!r}; it knows {known}")
        return int(places[0])

    def _threads(self) -> int:
        return _parameters.threads(self.threads, self.n_jobs)
