"""Exported C programs through ctypes: they say what the model says."""

import os
import subprocess

import numpy as np
import pytest
from odd_models import ODD_MODELS
from tally import TallyClassifier, exported
from test_onnx import noise

pytestmark = pytest.mark.filterwarnings("ignore:.*may have learned nothing")


@pytest.fixture
def program(stripes, tool, tmp_path):
    """A classifier, its program's folder, and images."""

    def make(name="early exits and a mirrored look", exported_as="tally_model"):
        plan, parameters, (height, width, channels) = ODD_MODELS[name]
        X, y = stripes(120, height, width, channels)
        classifier = TallyClassifier(plan=plan, **parameters).fit(X, np.array(['"a"', "ß", "数"])[y])
        classifier.save(tmp_path / "model.tally")
        command = [tool, "export", tmp_path / "model.tally", "--name", exported_as, "--out", tmp_path / "program"]
        subprocess.run(command, check=True, capture_output=True)
        return classifier, tmp_path / "program", noise(X)

    return make


@pytest.mark.parametrize("name", ["early exits and a mirrored look", "every signal", "a mirrored look, no shares"])
def test_the_program_says_the_same(program, name):
    classifier, folder, X = program(name, "NAME_prefix")
    model = exported.load(folder, "NAME_prefix")
    scores = classifier.scores(X)
    assert (model.scores(X) == scores).all()
    assert (model.classify(X) == scores.argmax(axis=1)).all()
    assert (model.scores(X) / 65_536 == classifier.decision_function(X)).all()
    assert model.classes == classifier.classes_.tolist()
    assert model.image_shape == classifier.image_shape_
    assert model.digest == f"0x{int.from_bytes((folder.parent / 'model.tally').read_bytes()[-8:], 'little'):016x}"
    assert 0 < model.arena_bytes <= model.rows_arena_bytes
    assert repr(model).startswith(f"<ExportedModel {model.digest}: 3 classes") and "\n" not in repr(model)
    if model.has_shares:
        assert np.abs(model.shares(X) - classifier.predict_proba(X)).max() < 1e-6
    else:
        with pytest.raises(ValueError, match="no shares"):
            model.shares(X)
    assert model.scores(X[:0]).shape == (0, 3)
    assert (exported.load(folder, "NAME_prefix", flags=["-O1", "-DTALLY_PORTABLE"]).scores(X) == scores).all()


def test_bad_images(program):
    _, folder, X = program()
    model = exported.load(folder)
    for images, message in [
        (X / 255, "float64; give uint8"),
        (X[0], r"single image; give images\[None\]"),
        (X[:, None], r"N x 12x12x1; give np.transpose\(images, \(0, 2, 3, 1\)\)"),
        (X[:, 1:], r"\(72, 11, 12, 1\)|N x 12x12x1"),
        (X[0, 0, 0], "N x 12x12x1"),
        ("cat", "give uint8"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.scores(images)
    # Views that are not in one piece.
    assert (model.scores(X[::2, :, ::-1]) == model.scores(np.ascontiguousarray(X[::2, :, ::-1]))).all()


def test_no_program_and_no_compiler(program, monkeypatch, tmp_path):
    _, folder, _ = program(exported_as="net")
    with pytest.raises(FileNotFoundError, match="give name='net'"):
        exported.load(folder)
    with pytest.raises(FileNotFoundError, match="tally export MODEL --format c"):
        exported.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="name='../net'"):
        exported.load(folder, "../net")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        patch.delenv("CC", raising=False)
        with pytest.raises(RuntimeError, match="no C compiler .* apt-get install gcc"):
            exported.load(folder, "net")
    with monkeypatch.context() as patch:
        patch.setenv("CC", "no-such-cc -m32")
        with pytest.raises(RuntimeError, match="no no-such-cc, which CC names"):
            exported.load(folder, "net")
    source = folder / "net.c"
    source.write_text(source.read_text().replace("static int tally_answer", "static intt tally_answer"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    os.mkdir(tmp_path / "temporary")
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(RuntimeError, match=r"net\.c: .* cannot compile it .*intt") as caught:
        exported.load(folder, "net")
    assert len(str(caught.value).splitlines()) == 1
    assert os.listdir(tmp_path / "temporary") == []
