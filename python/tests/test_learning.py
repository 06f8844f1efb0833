"""What is learned, from which arrays, with which parameters."""

import json

import numpy as np
import pytest
from conftest import TINY_PLAN
from tally import TallyClassifier
from tally._images import as_bytes


def test_learns_fashion(fashion):
    X, y = fashion("train", 3000)
    X_test, y_test = fashion("t10k", 1000)
    classifier = TallyClassifier(settings={"layers.*.filters": 32, "layers.*.refine.passes": 1}).fit(X, y)
    assert classifier.score(X_test, y_test) > 0.75
    assert classifier.n_features_in_ == 784
    assert classifier.image_shape_ == (28, 28, 1)
    summary = classifier.training_summary_
    assert (summary["training_images"], summary["validation_images"]) == (2700, 300)
    assert summary["layers"][-1]["accuracy"] > 0.75


@pytest.mark.parametrize("kind", ["int8", "uint16", "int64", "str", "object", "bool", "float64"])
def test_labels_of_any_type(stripes, tiny, kind):
    X, y = stripes(classes=2)
    labels = np.array(["left", "right"])[y].astype(kind) if kind in ("str", "object") else y.astype(kind)
    classifier = tiny().fit(X, labels)
    assert classifier.classes_.tolist() == np.unique(labels).tolist()
    assert classifier.predict(X).dtype == classifier.classes_.dtype
    assert classifier.score(X, labels) > 0.9


def test_methods_agree(stripes, tiny):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    scores, proba, decision = classifier.scores(X), classifier.predict_proba(X), classifier.decision_function(X)
    assert scores.shape == proba.shape == decision.shape == (90, 3)
    assert scores.dtype == np.int64
    assert (classifier.predict(X) == scores.argmax(axis=1)).all()
    np.testing.assert_allclose(decision, scores / 65536)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    # Odds between two classes are those that the scores say, as sure of themselves as on the validation part.
    temperature = classifier.training_summary_["layers"][-1]["calibration"]["temperature"]
    np.testing.assert_allclose(
        proba[:, 0], proba[:, 1] * np.exp2((decision[:, 0] - decision[:, 1]) / temperature), rtol=1e-9
    )


def test_probabilities_without_a_validation_part(stripes, tiny):
    X, y = stripes()
    classifier = tiny(validation=0).fit(X, y)
    proba, decision = classifier.predict_proba(X), classifier.decision_function(X)
    assert "calibration" not in classifier.training_summary_["layers"][-1]
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(proba[:, 0], proba[:, 1] * np.exp(decision[:, 0] - decision[:, 1]), rtol=1e-9)


def test_two_classes_give_one_decision(stripes, tiny):
    X, y = stripes(classes=2)
    classifier = tiny().fit(X, y)
    decision = classifier.decision_function(X)
    assert decision.shape == (90,)
    assert (classifier.predict(X) == (decision > 0)).all()
    assert 0 < (decision > 0).sum() < 90


def test_the_same_model_whatever_the_form_of_the_images(stripes, tiny, tmp_path):
    X, y = stripes()
    forms = {
        "images": X,
        "channels": X[..., None],
        "rows": X.reshape(90, 144),
        "int64": X.astype(np.int64),
        "whole floats": X.reshape(90, 144).astype(np.float32),
        "list": X.reshape(90, 144).tolist(),
        "nested list": X.tolist(),
        "not contiguous": np.repeat(X, 2, axis=2)[:, :, ::2],
        "reversed twice": X[:, ::-1].copy()[:, ::-1],
        "Fortran": np.asfortranarray(X),
    }
    models = set()
    for name, form in forms.items():
        classifier = tiny().fit(form, y)
        classifier.save(tmp_path / "model.tally")
        models.add((tmp_path / "model.tally").read_bytes())
        assert (classifier.scores(form) == classifier.scores(X)).all(), name
    assert len(models) == 1


def test_threads_change_nothing_and_seeds_do(stripes, tiny, tmp_path):
    X, y = stripes()

    def model(**parameters):
        tiny(**parameters).fit(X, y).save(tmp_path / "model.tally")
        return (tmp_path / "model.tally").read_bytes()

    one = model(threads=1)
    assert model(threads=3) == one
    assert model(seed=2) != one
    assert model(validation=0.3) != one


def test_colour_and_oblong_images(stripes, tiny):
    X, y = stripes(height=10, width=14, channels=3)
    classifier = tiny().fit(X, y)
    assert classifier.image_shape_ == (10, 14, 3)
    rows = X.reshape(90, -1)
    by_rows = tiny(image_shape=(10, 14, 3)).fit(rows, y)
    assert (by_rows.scores(rows) == classifier.scores(X)).all()
    assert classifier.score(X, y) > 0.9


def test_pixel_range(stripes, tiny):
    X, y = stripes()
    reference = tiny().fit(X, y).scores(X)
    scaled = tiny(pixel_range=(0, 1)).fit(X / 255, y)
    assert (scaled.scores(X / 255) == reference).all()
    fitted = tiny(pixel_range="fit").fit(X / 7.0 - 3, y)
    assert fitted.pixel_range_ == ((X / 7.0 - 3).min(), (X / 7.0 - 3).max())
    # Outside the range is clipped, not wrapped.
    white = np.full((1, 12, 12), 1.0)
    assert (scaled.scores(white) == scaled.scores(white * 1000)).all()


def test_pixel_range_rounds_and_clips():
    shares = np.array([[-1, 0, 0.4, 0.5, 0.6, 127.4, 127.6, 254.6, 255, 300]])
    bytes_ = [0, 0, 0, 1, 1, 127, 128, 255, 255, 255]
    assert as_bytes(shares / 256 + 3, (3, 3 + 255 / 256)).tolist() == [bytes_]
    largest = np.finfo(np.float64).max
    assert as_bytes(np.array([[-largest, 0, largest]]), (-largest, largest)).tolist() == [[0, 128, 255]]


def test_settings_change_the_plan(stripes, tiny):
    X, y = stripes()
    settings = {"layers.0.filters": 7, "layers.1.thresholds": "quantile 0.2", "augmentation": {"shift": 1, "flip": True}}
    classifier = tiny(settings=settings).fit(X, y)
    assert [layer["filters"] for layer in classifier.training_summary_["layers"]] == [7, 10]


def test_plan_from_file_and_by_name(stripes, tiny, tmp_path):
    X, y = stripes()
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(TINY_PLAN))
    reference = tiny().fit(X, y).scores(X)
    assert (tiny(plan=path).fit(X, y).scores(X) == reference).all()
    assert (tiny(plan=str(path)).fit(X, y).scores(X) == reference).all()


def test_verbose_prints(stripes, tiny, capsys):
    X, y = stripes()
    tiny().fit(X, y)
    assert capsys.readouterr().out == ""
    tiny(verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and all("done" in line for line in lines)
    tiny(verbose=2).fit(X, y)
    assert any("refine" in line for line in capsys.readouterr().out.splitlines())


def test_fit_leaves_the_arrays_alone(stripes, tiny):
    X, y = stripes()
    X.setflags(write=False)
    before = X.copy()
    tiny().fit(X, y).predict(X)
    assert (X == before).all()


def test_predicting_nothing_is_refused_and_one_image_is_not(stripes, tiny):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    assert classifier.predict(X[:1]).shape == (1,)
    with pytest.raises(ValueError, match="0 sample"):
        classifier.predict(X[:0])


def test_many_images_are_predicted_like_few(stripes, tiny):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    many = np.concatenate([X] * 50)
    assert len(many) > 4096
    assert (classifier.scores(many) == np.concatenate([classifier.scores(X)] * 50)).all()
