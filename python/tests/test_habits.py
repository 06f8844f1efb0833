"""What users of scikit-learn and notebooks are used to: other names of parameters, a short repr, explanations, pages, pictures."""

import builtins
import json
import subprocess

import numpy as np
import pytest
from conftest import TINY_PLAN, write_idx
from odd_models import ODD_MODELS
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from tally import Explanation, TallyClassifier, _parameters
from tally._machine import thread_count

# Seeds and threads


def test_random_state_is_the_seed(stripes, tiny):
    X, y = stripes()
    expected = tiny(seed=7).fit(X, y).scores(X)
    for value in (7, np.int64(7)):
        classifier = clone(tiny(random_state=value))
        assert classifier.get_params()["random_state"] is classifier.random_state
        assert (classifier.fit(X, y).scores(X) == expected).all()
    # A generator draws another seed in every fit, the same ones from the same state.
    drawn = [tiny(random_state=np.random.RandomState(3)).fit(X, y).scores(X) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all()
    classifier = tiny(random_state=np.random.RandomState(3))
    first, second = classifier.fit(X, y).scores(X), classifier.fit(X, y).scores(X)
    assert (first == drawn[0]).all() and (first != second).any()
    search = GridSearchCV(tiny(), {"random_state": [1, 2]}, cv=2).fit(X, y)
    assert search.best_estimator_.random_state in (1, 2)


def test_jobs_are_threads():
    cores = thread_count(None)
    for jobs, expected in [(None, cores), (1, 1), (5, 5), (-1, cores), (-2, max(1, cores - 1)), (-1000, 1)]:
        assert _parameters.threads(None, jobs) == expected
    assert _parameters.threads(3, None) == 3
    assert clone(TallyClassifier(n_jobs=-1)).get_params()["n_jobs"] == -1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"random_state": 1.5}, "random_state=1.5"),
        ({"random_state": -1}, "random_state=-1"),
        ({"random_state": "7"}, "random_state='7'"),
        ({"random_state": 3, "seed": 2}, "give one of them"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"n_jobs": 1.0}, "n_jobs=1.0"),
        ({"n_jobs": 5000}, "n_jobs=5000"),
        ({"n_jobs": 2, "threads": 2}, "give one of them"),
    ],
)
def test_wrong_seeds_and_threads(stripes, tiny, parameters, message):
    X, y = stripes()
    with pytest.raises(ValueError, match=message) as caught:
        tiny(**parameters).fit(X, y)
    assert len(str(caught.value).splitlines()) == 1


# What is shown


def test_a_repr_is_one_short_line(tiny):
    assert repr(TallyClassifier()) == "TallyClassifier()"
    assert repr(tiny(seed=3, pixel_range=(0, 1))) == "TallyClassifier(pixel_range=(0, 1), plan=<tiny>, seed=3)"
    assert repr(TallyClassifier(plan={})) == "TallyClassifier(plan=<without a name>)"
    odd = TallyClassifier(plan="a\nb" * 500, settings={f"layers.{i}.filters": i for i in range(99)}, seed=np.ones(999))
    for limit in (120, 30, 0):
        text = odd.__repr__(limit)
        assert len(text) <= max(2, limit) and "\n" not in text


def test_summary_and_history_are_in_plain_units(stripes, tiny, tmp_path):
    X, y = stripes(count=200)
    classifier = tiny(validation=0.25).fit(X, y)
    summary = classifier.training_summary_
    assert (summary["training_images"], summary["validation_images"], summary["validation_fraction"]) == (150, 50, 0.25)
    last = summary["layers"][-1]
    assert last["part"] == "validation" and last["images"] == 50
    assert last["accuracy"] == last["correct"] / 50 and 0 <= last["accuracy_alone"] <= 1
    assert 0.001 < last["calibration"]["temperature"] < 100 and 0 <= last["calibration"]["error"] <= 1
    history = classifier.history_
    assert history[0]["stage"] == "encoding" and history[0]["layer"] is None
    assert {entry["layer"] for entry in history[1:]} == {0, 1}
    assert all(entry["accuracy"] is None or 0 <= entry["accuracy"] <= 1 for entry in history)
    ends = [entry for entry in history if entry["stage"] == "layer"]
    assert [entry["part"] for entry in ends] == ["validation"] * 2
    assert [entry["accuracy"] for entry in ends] == pytest.approx([layer["accuracy"] for layer in summary["layers"]], abs=1e-6)
    learning = [entry for entry in history if entry["stage"] != "layer" and entry["accuracy"] is not None]
    assert learning and {entry["part"] for entry in learning} == {"training"}
    classifier.save(tmp_path / "model.tally")
    loaded = TallyClassifier.load(tmp_path / "model.tally")
    assert loaded.training_summary_ == summary
    assert [entry["stage"] for entry in loaded.history_] == ["layer", "layer"]
    without = tiny(validation=0).fit(X, y)
    assert without.training_summary_["layers"][0]["part"] == "training" == without.history_[-1]["part"]


@pytest.mark.filterwarnings("ignore:.*may have learned nothing")
def test_early_exits_are_in_the_summary(stripes):
    plan, parameters, (height, width, channels) = ODD_MODELS["early exits and a mirrored look"]
    X, y = stripes(120, height, width, channels)
    last = TallyClassifier(plan=plan, **parameters).fit(X, y).training_summary_["layers"][-1]
    assert sum(last["answered_after"]) == last["images"] == 36 and len(last["answered_after"]) == 4


@pytest.mark.parametrize(("validation", "part"), [(0.2, "validation"), (0.0, "training")])
def test_verbose_says_on_which_images(stripes, tiny, capsys, validation, part):
    X, y = stripes()
    tiny(verbose=2, validation=validation).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    ends = [line for line in lines if " done: " in line]
    assert len(ends) == 2 and all(f" {part} images right" in line and " % of " in line for line in ends)
    assert any("training images right while learning" in line for line in lines)


# Explanations and pages


def test_explanations_add_up(stripes, tiny, tool, tmp_path):
    X, y = stripes(height=11, width=14)
    labels = np.array(["left", "right", "up"])[y]
    classifier = tiny().fit(X, labels)
    some = X[:6]
    found = classifier.explain(some)
    decision = classifier.decision_function(some)
    for image, (explained, scores) in enumerate(zip(found, decision, strict=True)):
        order = np.argsort(-scores, kind="stable")
        assert (explained.scores == scores).all()
        assert (explained.label, explained.against) == tuple(classifier.classes_[order[:2]])
        assert explained.score == scores[order[0]] and explained.lead == scores[order[0]] - scores[order[1]]
        assert explained.heat_map.shape == (11, 14)
        # But for the rounding of scores to 16 bits.
        total = explained.heat_map.sum() + sum(layer.bias_lead for layer in explained.layers)
        assert total == pytest.approx(explained.lead, abs=1e-4)
        for layer in explained.layers:
            assert layer.by_position.sum() == pytest.approx(layer.by_filter.sum(), abs=1e-9)
            assert layer.by_position.sum() + layer.bias_lead == pytest.approx(layer.lead, abs=1e-4)
        assert explained.numbers["image"] == f"image {image}"
        assert repr(explained).startswith(f"<Explanation: {explained.label!r}") and "\n" not in repr(explained)
    assert explained.to_html().startswith("<!DOCTYPE html>")
    found[2].to_html(tmp_path / "why.html")

    # The command says the same.
    write_idx(tmp_path / "images", X)
    write_idx(tmp_path / "labels", y)
    classifier.save(tmp_path / "model.tally")
    command = [tool, "explain", tmp_path / "model.tally", "--data", f"{tmp_path / 'images'},{tmp_path / 'labels'}"]
    shown = subprocess.run(
        [*command, "--part", "train", "--index", "2", "--json"], check=True, capture_output=True
    ).stdout
    numbers = json.loads(shown)
    assert {**numbers, "image": "", "label": ""} == {**found[2].numbers, "image": "", "label": ""}


def test_classes_of_explanations_can_be_chosen(stripes, tiny):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    top = classifier.predict(X[:1])[0]
    others = [label for label in (0, 1, 2) if label != top]
    (asked,) = classifier.explain(X[:1], of=others[0], against=others[1])
    assert (asked.label, asked.against) == tuple(others)
    (asked,) = classifier.explain(X[:1], against=top)
    assert asked.against == top and asked.label in others
    with pytest.raises(ValueError, match=r"of: the model has no class 9; it knows 0, 1, 2"):
        classifier.explain(X[:1], of=9)
    with pytest.raises(ValueError, match="compared with itself"):
        classifier.explain(X[:1], of=1, against=1)
    assert isinstance(asked, Explanation)


def test_two_classes_are_explained(stripes, tiny):
    X, y = stripes(classes=2)
    (explained,) = tiny().fit(X, y).explain(X[1:2])
    assert {explained.label, explained.against} == {0, 1}


def test_report(stripes, tiny, tmp_path):
    X, y = stripes()
    labels = np.array(["a<b", "ß", "数"])[y]
    classifier = tiny().fit(X, labels)
    classifier.report(tmp_path / "report.html", X, labels, name="own & other")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "a&lt;b" in page and "a<b" not in page
    assert "own &amp; other accuracy" in page and f"{100 * classifier.score(X, labels):.2f}" in page
    with pytest.raises(ValueError, match="y: the model has no class 'x'"):
        classifier.report(tmp_path / "no.html", X, ["x"] * 90)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.report(tmp_path / "no.html", X, labels[:-1])
    with pytest.raises(ValueError, match="minimum of 1"):
        classifier.report(tmp_path / "no.html", X[:0], labels[:0])
    with pytest.raises(OSError, match="no folder"):
        classifier.report(tmp_path / "missing" / "no.html", X, labels)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


# Pictures


@pytest.fixture
def agg():
    """matplotlib without a screen."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    yield matplotlib
    matplotlib.pyplot.close("all")


@pytest.mark.filterwarnings("ignore:.*may have learned nothing")
@pytest.mark.parametrize(
    "name",
    [
        "every signal",
        "centred groups of filters",
        "layers that look at signals of the image beside those before",
        "refined, masked, roots on cells that overlap",
    ],
)
def test_filters_are_drawn(stripes, agg, name):
    plan, parameters, (height, width, channels) = ODD_MODELS[name]
    X, y = stripes(120, height, width, channels)
    classifier = TallyClassifier(plan=plan, **parameters).fit(X, y)
    signals = len(plan["layers"][0].get("signals", plan["encoder"]["colour" if channels == 3 else "grey"]))
    for signal in range(signals):
        axes = classifier.plot_filters(7, signal=signal)
        picture = axes.get_images()[0].get_array()
        assert picture.ndim == 3 and picture.shape[2] == 3 and 0 <= picture.min() < picture.max() <= 1
    with pytest.raises(ValueError, match=f"signal={signals}"):
        classifier.plot_filters(signal=signals)
    with pytest.raises(ValueError, match="count=0"):
        classifier.plot_filters(0)


def test_filter_pictures_are_levels(stripes, agg):
    """A grey picture of one signal is the fraction of its bits, position by position."""
    X, y = stripes()
    plan = {
        **TINY_PLAN,
        "encoder": {"grey": [{"source": "mean", "window": 0, "levels": 5}]},
        "layers": [{"filters": 4, "window": 3, "learner": "cluster", "cluster": {"rounds": 1}, "head": {"grid": 2}}],
    }
    classifier = TallyClassifier(plan=plan).fit(X, y)
    from tally import _model_file

    filters = _model_file.decode(classifier._fitted_model().encode()).layers[0].filters
    picture = classifier.plot_filters(4).get_images()[0].get_array()
    assert picture.shape == (3, 15, 3)
    for k in range(4):
        np.testing.assert_allclose(picture[:, 4 * k : 4 * k + 3, 0], filters[k].mean(axis=2))


def test_confusions_are_drawn(stripes, tiny, agg):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    display = classifier.plot_confusion(X, y)
    assert display.confusion_matrix.sum() == 90
    axes = agg.pyplot.subplots()[1]
    assert classifier.plot_confusion(X, y, ax=axes, normalize="true").ax_ is axes


def test_without_matplotlib(stripes, tiny, monkeypatch):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(f"No module named {name!r}", name=name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    for draw in (classifier.plot_filters, lambda: classifier.plot_confusion(X, y)):
        with pytest.raises(ImportError, match=r"needs matplotlib; install it with: pip install matplotlib"):
            draw()


# Images in other forms


@pytest.mark.parametrize("channels", [1, 3])
def test_a_single_image_and_channels_first_are_recognised(stripes, tiny, channels):
    X, y = stripes(height=11, width=13, channels=channels)
    plan = {**TINY_PLAN, "encoder": ODD_MODELS["early exits"][0]["encoder"]}
    classifier = tiny(plan=plan).fit(X, y)
    for call in (classifier.predict, classifier.explain):
        with pytest.raises(ValueError, match=r"this is a single image; give X\[None\]"):
            call(X[0])
        with pytest.raises(ValueError, match=r"give np\.transpose\(X, \(0, 2, 3, 1\)\)"):
            call(np.moveaxis(X.reshape(90, 11, 13, channels), 3, 1))
    # One channel first is one image of a batch.
    first = np.moveaxis(X[0].reshape(11, 13, channels), 2, 0)
    if channels == 1:
        assert len(classifier.predict(first)) == 1
    else:
        with pytest.raises(ValueError, match=r"this is a single image; give np\.transpose\(X, \(1, 2, 0\)\)\[None\]"):
            classifier.predict(first)
    assert len(classifier.predict(X[0][None])) == 1
