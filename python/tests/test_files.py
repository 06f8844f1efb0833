"""Model files: those of the command, damaged ones, and what they keep."""

import json
import subprocess

import numpy as np
import pytest
from conftest import TINY_PLAN, write_idx
from sklearn.base import clone
from tally import TallyClassifier


def test_the_command_makes_the_same_model(fashion, tool, tmp_path, tiny):
    X, y = fashion("train", 600)
    write_idx(tmp_path / "images", X)
    write_idx(tmp_path / "labels", y)
    (tmp_path / "plan.json").write_text(json.dumps(TINY_PLAN))
    data = f"{tmp_path / 'images'},{tmp_path / 'labels'}"
    subprocess.run(
        [tool, "train", "--data", data, "--plan", tmp_path / "plan.json", "--set", "layers.0.filters=9", "--test", "0"]
        + ["--seed", "7", "--validation", "0.15", "--out", tmp_path / "run", "--quiet"],
        check=True,
    )
    classifier = tiny(seed=7, validation=0.15, settings={"layers.0.filters": 9}).fit(X, y)
    classifier.save(tmp_path / "model.tally")
    assert (tmp_path / "model.tally").read_bytes() == (tmp_path / "run" / "model.tally").read_bytes()

    # And the command's scores, of the command's own reading of the model saved here.
    shown = subprocess.run(
        [tool, "predict", tmp_path / "model.tally", "--data", data, "--part", "train", "--top", "10", "--json"],
        check=True,
        capture_output=True,
    )
    expected = [{guess["name"]: guess["score"] for guess in row["classes"]} for row in json.loads(shown.stdout)]
    loaded = TallyClassifier.load(tmp_path / "run" / "model.tally")
    assert (TallyClassifier.load(tmp_path / "run").scores(X) == loaded.scores(X)).all()
    for model in (classifier, loaded):
        scores = model.scores(X)
        names = [str(label) for label in model.classes_]
        assert [dict(zip(names, row, strict=True)) for row in scores.tolist()] == expected


@pytest.mark.parametrize(
    ("labels", "loaded"),
    [
        ([3, 5, -7], [-7, 3, 5]),
        (["3", "5", "7"], [3, 5, 7]),
        (["03", "5", "7"], ["03", "5", "7"]),
        (["café", "数", "z z"], ["café", "z z", "数"]),
        ([0.0, 1.0, 2.0], ["0.0", "1.0", "2.0"]),
    ],
)
def test_labels_come_back(stripes, tiny, tmp_path, labels, loaded):
    X, y = stripes()
    classifier = tiny().fit(X, np.array(labels)[y])
    classifier.save(tmp_path / "model.tally")
    again = TallyClassifier.load(tmp_path / "model.tally")
    assert again.classes_.tolist() == loaded
    assert (again.scores(X) == classifier.scores(X)).all()
    exact = TallyClassifier.load(str(tmp_path / "model.tally"), classes=classifier.classes_)
    assert (exact.predict(X) == classifier.predict(X)).all()


def test_a_loaded_model_says_how_it_was_made(stripes, tiny, tmp_path):
    X, y = stripes()
    tiny(seed=2**63 + 1, validation=0.25).fit(X, y).save(tmp_path / "a")
    loaded = TallyClassifier.load(tmp_path / "a")
    assert (loaded.seed, loaded.validation, loaded.plan["name"]) == (2**63 + 1, 0.25, "tiny")
    assert (loaded.n_features_in_, loaded.image_shape_) == (144, (12, 12, 1))
    clone(loaded).fit(X, y).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_pixel_range_is_said_again(stripes, tiny, tmp_path):
    X, y = stripes()
    classifier = tiny(pixel_range=(0, 1)).fit(X / 255, y)
    classifier.save(tmp_path / "model.tally")
    loaded = TallyClassifier.load(tmp_path / "model.tally", pixel_range=(0, 1))
    assert (loaded.scores(X / 255) == classifier.scores(X / 255)).all()
    with pytest.raises(ValueError, match="does not keep"):
        TallyClassifier.load(tmp_path / "model.tally", pixel_range="fit")


def test_bad_arguments_of_load(stripes, tiny, tmp_path):
    X, y = stripes()
    path = tmp_path / "model.tally"
    tiny().fit(X, y).save(path)
    for classes in (["a", "b"], ["a", "b", "b"], "abc", [["a", "b", "c"]]):
        with pytest.raises(ValueError, match="3 different labels"):
            TallyClassifier.load(path, classes=classes)
    with pytest.raises(ValueError, match="12x12x1"):
        TallyClassifier.load(path, image_shape=(9, 16))


def test_damaged_files(stripes, tiny, tmp_path):
    X, y = stripes()
    path = tmp_path / "model.tally"
    tiny().fit(X, y).save(path)
    content = path.read_bytes()
    generator = np.random.default_rng(1)
    damaged = [b"", b"\x89TALLY", content[:-1], content + b"\0", content[: len(content) // 2], b"PNG" * 100]
    for _ in range(40):
        flipped = bytearray(content)
        flipped[generator.integers(len(content))] ^= 1 << generator.integers(8)
        damaged.append(bytes(flipped))
    for bad in damaged:
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=r"model\.tally") as caught:
            TallyClassifier.load(path)
        assert len(str(caught.value).splitlines()) == 1


def test_files_that_cannot_be(stripes, tiny, tmp_path):
    X, y = stripes()
    with pytest.raises(FileNotFoundError, match="nothing.tally"):
        TallyClassifier.load(tmp_path / "nothing.tally")
    with pytest.raises(OSError, match="folder"):
        TallyClassifier.load(tmp_path)
    with pytest.raises(ValueError, match="zero character"):
        TallyClassifier.load("a\0b")
    classifier = tiny().fit(X, y)
    with pytest.raises(OSError, match="no folder"):
        classifier.save(tmp_path / "missing" / "model.tally")
    assert list(tmp_path.iterdir()) == []
