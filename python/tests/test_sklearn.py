"""What scikit-learn expects of an estimator."""

import copy
import multiprocessing
import pickle

import joblib
import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from tally import TallyClassifier
from tally._machine import thread_count

# A layer that sees a whole row at once. The checks feed tables of a few columns, not images.
TABLE_PLAN = {
    "name": "table",
    "encoder": {"grey": [{"source": "mean", "window": 0, "levels": 24}], "pyramid": False},
    "mergesPerPass": 4,
    "layers": [
        {
            "filters": 48,
            "learner": "cluster",
            "cluster": {"rounds": 3},
            "thresholds": ["quantile 0.3"],
            "head": {"grid": 1, "counts": "soft", "passes": 20},
        }
    ],
}


@pytest.mark.filterwarnings("ignore")
def test_checks_of_scikit_learn():
    classifier = TallyClassifier(plan=TABLE_PLAN, image_shape="padded", pixel_range="fit", validation=0.0)
    results = check_estimator(classifier, on_fail=None)
    assert len(results) > 50
    assert [result for result in results if result["status"] != "passed"] == []


@pytest.mark.filterwarnings("ignore")
def test_checks_that_feed_tables_are_refused_by_default():
    """Without the two parameters, what fails is refused for being no image: one reason, no other."""
    results = check_estimator(TallyClassifier(plan=TABLE_PLAN), on_fail=None)
    failed = [result for result in results if result["status"] == "failed"]
    assert failed
    for result in failed:
        reasons, error = [], result["exception"]
        while error is not None:
            reasons.append(str(error))
            error = error.__cause__ or error.__context__
        assert any("not a square image" in reason or "whole numbers" in reason for reason in reasons), result


def test_parameters():
    classifier = TallyClassifier(seed=3)
    assert set(classifier.get_params()) == {
        *("plan", "settings", "seed", "validation", "threads", "verbose", "image_shape", "pixel_range"),
        *("random_state", "n_jobs"),
    }
    assert classifier.set_params(seed=4, plan="best").get_params()["seed"] == 4
    with pytest.raises(ValueError, match="sead"):
        classifier.set_params(sead=1)
    assert repr(clone(classifier)) == "TallyClassifier(plan='best', seed=4)"


def test_cross_validation_of_images(stripes, tiny):
    X, y = stripes(count=120)
    assert cross_val_score(tiny(), X, y, cv=3).min() > 0.8
    assert cross_val_predict(tiny(), X, y, cv=3, method="predict_proba").shape == (120, 3)


def test_search_and_joblib(stripes, tiny):
    X, y = stripes(count=60)
    search = GridSearchCV(tiny(threads=1), {"seed": [1, 2], "validation": [0.0, 0.1]}, cv=2, n_jobs=2)
    assert search.fit(X, y).best_score_ > 0.5


def test_pipeline(stripes, tiny):
    X, y = stripes()
    pipeline = make_pipeline(FunctionTransformer(lambda images: images[:, 1:-1, 1:-1]), tiny())
    assert pipeline.fit(X, y).score(X, y) > 0.8
    assert pipeline.predict_proba(X).shape == (90, 3)
    pipeline.set_params(tallyclassifier__seed=5)


def test_data_frames(stripes, tiny):
    X, y = stripes()
    frame = pandas.DataFrame(X.reshape(90, 144), columns=[f"pixel{i}" for i in range(144)])
    classifier = tiny().fit(frame, pandas.Series(y))
    assert classifier.feature_names_in_[143] == "pixel143"
    assert (classifier.predict(frame) == tiny().fit(X, y).predict(X)).all()
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(frame[frame.columns[::-1]])


@pytest.mark.parametrize("again", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))], ids=["copy", "pickle"])
def test_copies(stripes, tiny, again, tmp_path):
    X, y = stripes()
    classifier = tiny(pixel_range=(0, 1)).fit(X / 255, np.array(["b", "a", "ß"])[y])
    other = again(classifier)
    assert (other.scores(X / 255) == classifier.scores(X / 255)).all()
    assert (other.predict(X / 255) == classifier.predict(X / 255)).all()
    classifier.save(tmp_path / "model.tally")
    assert (tmp_path / "model.tally").read_bytes() in pickle.dumps(classifier)


def test_joblib_dump(stripes, tiny, tmp_path):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    joblib.dump(classifier, tmp_path / "model.joblib")
    assert (joblib.load(tmp_path / "model.joblib").scores(X) == classifier.scores(X)).all()


def test_a_damaged_pickle_is_refused(stripes, tiny, tmp_path):
    X, y = stripes()
    classifier = tiny().fit(X, y)
    classifier.save(tmp_path / "model.tally")
    model = (tmp_path / "model.tally").read_bytes()
    damaged = pickle.dumps(classifier).replace(model, model[:100] + b"\xff" + model[101:])
    with pytest.raises(ValueError, match="byte|damaged|changed"):
        pickle.loads(damaged)


def _refit(job):
    classifier, X, y = job
    return thread_count(4) == 1 and clone(classifier).set_params(threads=4).fit(X, y).scores(X).tolist() == classifier.scores(X).tolist()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_processes(stripes, tiny):
    """The library's threads are not there in a forked process: none are asked for, and results are the same."""
    assert thread_count(4) == 4
    X, y = stripes()
    classifier = tiny(threads=4).fit(X, y)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(_refit, [(classifier, X, y)] * 4).get(timeout=60) == [True] * 4
