"""ONNX graphs: what ONNX Runtime says with them is what the model says, for everything that a model can contain."""

import json
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import tally
import tally.onnx
from conftest import write_idx
from odd_models import ODD_MODELS
from onnx.reference import ReferenceEvaluator
from tally import TallyClassifier, _model_file
from tally.onnx import _graph

# Such small plans may well learn nothing.
pytestmark = pytest.mark.filterwarnings("ignore:.*may have learned nothing")


def run(proto, X, threads=1):
    """What ONNX Runtime gives for images, by name."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    X = X if X.ndim == 4 else X[..., None]
    return dict(zip(names, session.run(None, {"images": X}), strict=True))


def noise(X, count=64):
    """Images like those of X, noise, and images of one colour."""
    generator = np.random.default_rng(5)
    drawn = generator.integers(0, 256, (count // 2, *X.shape[1:]))
    flat = np.broadcast_to(np.linspace(0, 255, 8).astype(int).reshape(-1, *[1] * (X.ndim - 1)), (8, *X.shape[1:]))
    return np.concatenate([X[: count // 2], drawn, flat]).astype(np.uint8)


@pytest.mark.parametrize("name", ODD_MODELS)
def test_every_kind_of_model(stripes, name):
    plan, parameters, (height, width, channels) = ODD_MODELS[name]
    X, y = stripes(120, height, width, channels)
    classifier = TallyClassifier(plan=plan, **parameters).fit(X, y)
    proto = tally.onnx.to_onnx(classifier)
    onnx.checker.check_model(proto, full_check=True)
    assert proto.ir_version <= 9
    assert [(opset.domain, opset.version) for opset in proto.opset_import] == [("", 17)]
    images = noise(X)
    expected = classifier.scores(images)
    for threads in (1, 3):
        found = run(proto, images, threads)
        assert found["scores"].dtype == np.int64
        assert (found["scores"] == expected).all()
    # ONNX's own reference, which adds up in another order.
    shaped = images[::9] if channels > 1 else images[::9, ..., None]
    assert (ReferenceEvaluator(proto).run(["scores"], {"images": shaped})[0] == expected[::9]).all()
    if parameters.get("validation") == 0.0:
        assert set(found) == {"scores"}
    else:
        assert found["shares"].dtype == np.float32
        assert np.abs(found["shares"] - classifier.predict_proba(images)).max() < 1e-6
    # Any number of images.
    for count in (0, 1):
        assert (run(proto, images[:count])["scores"] == expected[:count]).all()


def test_the_odd_models_have_everything(stripes):
    """So that the test above is about all there is."""
    seen = set()
    for plan, parameters, (height, width, channels) in ODD_MODELS.values():
        X, y = stripes(120, height, width, channels)
        classifier = TallyClassifier(plan=plan, **parameters).fit(X, y)
        network = _model_file.decode(classifier._fitted_model().encode())
        seen |= {("source", signal.source, signal.window % 2) for signal in network.signals[0]}
        seen |= {("levels", len(network.signals)), ("mirrors", network.mirrors), ("groups", network.layers[0].groups)}
        seen |= {("answered early", any(layer.exit >= 0 for layer in network.layers), network.mirrors)}
        for index, layer in enumerate(network.layers):
            seen |= {("looks at the image", index > 0, layer.signals is not None)}
            seen |= {("reduction", layer.reduction), ("centred", layer.is_centred), ("masks", layer.masks is not None)}
            seen |= {("feature", f.is_far, f.is_counted, f.is_handed_on) for f in layer.features}
            seen |= {("counts", layer.head.counts), ("overlap", layer.head.span > 1)}
    for source in range(6):
        assert {entry[1] for entry in seen if entry[0] == "source"} >= {source}
    assert ("levels", 3) in seen and ("groups", 2) in seen and ("mirrors", True) in seen
    assert {("answered early", True, True), ("answered early", True, False)} <= seen
    assert {("looks at the image", True, True), ("looks at the image", False, True), ("looks at the image", True, False)} <= seen
    for reduction in range(3):
        assert ("reduction", reduction) in seen and ("counts", reduction) in seen
    for far in (False, True):
        assert {("feature", far, True, True), ("feature", far, True, False)} <= seen
    assert ("feature", True, False, True) in seen
    assert {("centred", True), ("masks", True), ("overlap", True)} <= seen


@pytest.mark.parametrize("limit", [1 << 10, 1 << 13])
def test_sums_beyond_float32_are_added_up_in_parts(stripes, monkeypatch, limit):
    """With less room for floats and doubles than there is, so that small models need what only huge ones do."""
    monkeypatch.setattr(_graph, "EXACT_FLOAT", limit)
    monkeypatch.setattr("tally.onnx._layers.EXACT_FLOAT", limit)
    monkeypatch.setattr("tally.onnx._layers.EXACT_DOUBLE", 1)
    for name in ("pyramid, halved by or and majority", "refined, masked, roots on cells that overlap"):
        plan, parameters, (height, width, channels) = ODD_MODELS[name]
        # Grey levels that no weight times 255 is beyond the limit with.
        plan = {**plan, "encoder": {**ODD_MODELS["early exits"][0]["encoder"]}}
        plan["encoder"] = {key: [{"source": "mean", "window": 0, "levels": 3}] for key in ("grey", "colour")}
        X, y = stripes(120, height, width, channels)
        classifier = TallyClassifier(plan=plan, **parameters).fit(X, y)
        proto = tally.onnx.to_onnx(classifier)
        onnx.checker.check_model(proto, full_check=True)
        assert (run(proto, noise(X))["scores"] == classifier.scores(noise(X))).all()


def test_a_convolution_in_parts():
    generator = np.random.default_rng(3)
    weights = generator.integers(-60_000, 60_001, (3, 2, 3, 3))
    images = generator.integers(0, 256, (4, 2, 6, 5))
    graph = _graph.Graph()
    out = graph.convolution(
        _graph.Value("x", _graph.FLOAT), weights, largest=255, bias=np.array([1, -2, 3]), border=(1, 1), name="y"
    )
    assert out.type == _graph.DOUBLE and sum(node.op_type == "Conv" for node in graph.nodes) > 3
    described = onnx.helper.make_tensor_value_info
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "parts",
            [described("x", _graph.FLOAT, [4, 2, 6, 5])],
            [described(out, _graph.DOUBLE, [4, 3, 6, 5])],
            graph.initializers,
        ),
        opset_imports=[onnx.helper.make_opsetid("", 17)],
        ir_version=8,
    )
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": images.astype(np.float32)})
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    expected = np.einsum("nchwij,ocij->nohw", windows, weights) + np.array([1, -2, 3])[:, None, None]
    assert (found == expected).all() and np.abs(expected).max() > 1 << 24


def test_quick_on_fashion_mnist(fashion, tool, tmp_path):
    """The scores of the command, of a file that the command wrote."""
    X, y = fashion("train", 700)
    write_idx(tmp_path / "images", X)
    write_idx(tmp_path / "labels", y)
    data = f"{tmp_path / 'images'},{tmp_path / 'labels'}"
    settings = ["--set", "layers.*.filters=40", "--set", "layers.*.refine.passes=1", "--test", "0", "--quiet"]
    subprocess.run([tool, "train", "--data", data, "--plan", "quick", *settings, "--out", tmp_path / "run"], check=True)
    command = [tool, "export", tmp_path / "run", "--format", "onnx", "--python", sys.executable]
    shown = subprocess.run(
        [*command, "--out", tmp_path / "model.onnx"], check=True, capture_output=True, text=True
    ).stdout
    assert "model.onnx: " in shown and "opset 17" in shown
    shown = subprocess.run(
        [tool, "predict", tmp_path / "run", "--data", data, "--part", "train", "--top", "10", "--json"],
        check=True,
        capture_output=True,
    ).stdout
    found = run(onnx.load(tmp_path / "model.onnx"), X)
    order = {name: i for i, name in enumerate(TallyClassifier.load(tmp_path / "run" / "model.tally").classes_.astype(str))}
    rows = json.loads(shown)
    assert len(rows) == len(X)
    for i, row in enumerate(rows):
        for guess in row["classes"]:
            assert found["scores"][i, order[guess["name"]]] == guess["score"]
            assert abs(found["shares"][i, order[guess["name"]]] - guess["share"]) < 1e-5

    again = subprocess.run([*command, "--out", tmp_path / "model.onnx"], check=False, capture_output=True, text=True)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.count("\n") == 1 and "is there already" in again.stderr and "--force" in again.stderr
    before = (tmp_path / "model.onnx").read_bytes()
    subprocess.run([*command, "--out", tmp_path / "model.onnx", "--force"], check=True, capture_output=True)
    assert (tmp_path / "model.onnx").read_bytes() == before


def test_what_a_file_says_of_itself(stripes, tiny, tmp_path):
    X, y = stripes()
    classifier = tiny().fit(X, np.array(["a, b", "ß", "数"])[y])
    classifier.save(tmp_path / "model.tally")
    tally.onnx.export(tmp_path / "model.tally", tmp_path / "model.onnx")
    proto = onnx.load(tmp_path / "model.onnx")
    assert proto == tally.onnx.to_onnx(classifier)
    said = {entry.key: entry.value for entry in proto.metadata_props}
    assert json.loads(said["classes"]) == classifier.classes_.tolist()
    assert json.loads(said["plan"])["name"] == "tiny"
    assert said["digest"] == f"0x{int.from_bytes((tmp_path / 'model.tally').read_bytes()[-8:], 'little'):016x}"
    assert said["tally_version"] == tally.__version__ == proto.producer_version
    assert [i.name for i in proto.graph.input] == ["images"]
    assert [o.name for o in proto.graph.output] == ["scores", "shares"]
    # Nothing that is not needed, and weights in bytes.
    assert proto.ByteSize() < 40_000


def test_bad_input(stripes, tiny, tmp_path):
    X, y = stripes()
    with pytest.raises(FileNotFoundError, match="nothing"):
        tally.onnx.to_onnx(tmp_path / "nothing.tally")
    (tmp_path / "no.tally").write_bytes(b"PNG" * 100)
    with pytest.raises(ValueError, match=r"no\.tally"):
        tally.onnx.to_onnx(tmp_path / "no.tally")
    with pytest.raises(ValueError, match="fitted TallyClassifier or the path"):
        tally.onnx.to_onnx(3)
    with pytest.raises(ValueError, match="not fitted"):
        tally.onnx.to_onnx(tiny())
    classifier = tiny().fit(X, y)
    with pytest.raises(OSError, match="no folder"):
        tally.onnx.export(classifier, tmp_path / "missing" / "model.onnx")
    with pytest.raises(OSError, match="is a folder"):
        tally.onnx.export(classifier, tmp_path)
    with pytest.raises(ValueError, match="2 GiB"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally.onnx, "MOST_BYTES", 1000)
        tally.onnx.export(classifier, tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["no.tally"]


def test_the_module_as_a_command(stripes, tiny, tmp_path):
    def run(*arguments, code=0, path=()):
        script = "".join(f"import sys; sys.modules[{name!r}] = None; " for name in path)
        script += "import runpy; runpy.run_module('tally.onnx', run_name='__main__', alter_sys=True)"
        shown = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert shown.returncode == code, shown.stderr
        assert (shown.stderr if code else shown.stdout).count("\n") == 1
        return shown.stderr if code else shown.stdout

    X, y = stripes()
    tiny().fit(X, y).save(tmp_path / "model.tally")
    out = tmp_path / "model.onnx"
    assert "is missing; install it with: pip install" in run(tmp_path / "model.tally", "--out", out, code=1, path=["onnx"])
    assert "nothing" in run(tmp_path / "nothing", "--out", out, code=1)
    assert not out.exists()
    assert f"{out}: {{}} bytes".split("{}")[0] in run(tmp_path / "model.tally", "--out", out)
    assert "is there already" in run(tmp_path / "model.tally", "--out", out, code=1)
    assert "is a folder" in run(tmp_path / "model.tally", "--out", tmp_path, "--force", code=1)
