"""Folders of images: the pixels, parts and models of the command."""

import subprocess

import numpy as np
import pytest
import tally
from conftest import TINY_PLAN
from PIL import Image
from tally import TallyClassifier

pytestmark = pytest.mark.filterwarnings("ignore:.*may have learned nothing")


@pytest.fixture
def photos(stripes, tmp_path):
    """A folder of photos: classes with odd names, several sizes, one file that is no image."""

    def make(below="photos", parts=("",), channels=1):
        X, y = stripes(60, 22, 18, channels)
        for part in parts:
            for i, (image, label) in enumerate(zip(X, y, strict=True)):
                folder = tmp_path / below / part / ["9 z", "10", "ß"][label]
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image[: 20 + i % 3]).save(folder / f"{i:02}.png")
        return tmp_path / below, X, y

    return make


def test_the_command_makes_the_same_model(photos, tool, tmp_path):
    import json

    path, _, _ = photos()
    (tmp_path / "plan.json").write_text(json.dumps(TINY_PLAN))
    command = [tool, "train", "--data", path, "--plan", tmp_path / "plan.json", "--quiet", "--size", "16", "--seed", "5"]
    subprocess.run([*command, "--out", tmp_path / "run"], check=True)
    data = tally.load_folder(path, size=16, seed=5)
    X, y = data.train
    assert X.shape == (54, 16, 16, 1) and X.dtype == np.uint8 and data.test[0].shape == (6, 16, 16, 1)
    assert data.classes == ["10", "9 z", "ß"] and set(y) == set(data.classes) == set(data.test[1])
    assert data.validation is None
    assert repr(data) == "<FolderImages: 3 classes, images: 54 train, 6 test>"
    classifier = TallyClassifier(plan=TINY_PLAN, seed=5).fit(X, y)
    trained = TallyClassifier.load(tmp_path / "run" / "model.tally")
    assert (classifier.scores(X) == trained.scores(X)).all()
    assert classifier.classes_.tolist() == trained.classes_.tolist()
    shown = subprocess.run(
        [tool, "evaluate", tmp_path / "run", "--json"], check=True, capture_output=True, text=True
    ).stdout
    assert json.loads(shown)["images"] == 6
    assert json.loads(shown)["accuracy"] == pytest.approx(classifier.score(*data.test), abs=1e-6)


def test_parts_and_choices(photos):
    path, _, _ = photos(parts=("train", "val", "test"), channels=3)
    data = tally.load_folder(path, size=(12, 9), threads=2)
    for X, y in (data.train, data.test, data.validation):
        assert X.shape == (60, 12, 9, 3) and len(y) == 60
    grey = tally.load_folder(str(path), colour=False)
    assert grey.train[0].shape == grey.test[0].shape == (60, 20, 20, 1)
    assert any("fitted to" in note for note in grey.notes)
    path, X, y = photos("one")
    whole = tally.load_folder(path, test=0, colour=True)
    assert len(whole.train[1]) == 60 and whole.test is None and whole.train[0].shape[3] == 3


def test_named_sets_and_arrays(tmp_path, fashion, stripes):
    X, y = fashion("t10k", 100)
    data = tally.load_folder("fashion-mnist")
    assert (data.test[0][:100, ..., 0] == X).all() and data.train[0].shape == (60_000, 28, 28, 1)
    assert [data.classes.index(name) for name in data.test[1][:100]] == y.tolist()
    images, labels = stripes()
    np.savez(tmp_path / "set.npz", images=images, labels=labels)
    assert tally.load_folder(tmp_path / "set.npz").classes == ["0", "1", "2"]


def test_what_is_wrong_is_said(photos, tmp_path):
    path, _, _ = photos()
    with pytest.raises((OSError, ValueError), match="nothing"):
        tally.load_folder(tmp_path / "nothing")
    for options, message in [
        ({"size": 3}, "size=3"),
        ({"size": (8, 2000)}, "4...1024"),
        ({"size": (8, 8, 3)}, "height, width"),
        ({"size": 8.5}, "size=8.5"),
        ({"test": 1}, "test=1"),
        ({"seed": -1}, "seed=-1"),
        ({"threads": 0}, "threads=0"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            tally.load_folder(path, **options)
    with pytest.raises(ValueError, match="zero character"):
        tally.load_folder("a\0b")
    (path / "10" / "bad.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match=r"bad\.png"):
        tally.load_folder(path)
    with pytest.raises(ValueError, match=r"bad\.png"):
        tally.load_folder(path, strict=True)
