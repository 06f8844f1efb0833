"""What an installed wheel can do where there is nothing else; scripts/test-wheel runs it. The argument is a folder to work in."""

import base64
import importlib.metadata
import json
import pathlib
import subprocess
import sys

import numpy as np
import tally
import tally.exported
import tally.onnx

PLAN = {
    "name": "wheel",
    "layers": [
        {"filters": 12, "learner": "cluster", "cluster": {"rounds": 2}, "reduction": "or", "head": {"grid": 2}},
        {"filters": 10, "refine": {"passes": 1, "batch": 32}, "head": {"grid": 2}},
    ],
}
# The same 8 x 8 grey pixels in every format.
FILES = {
    "png": "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR4nGO0sbFhwAZYREREhpAEADiPAnYdBm0CAAAAAElFTkSuQmCC",
    "webp": "UklGRkIAAABXRUJQVlA4TDUAAAAvB8ABAD8gEEgkwtmfbIhT8JyCZ/6zww0IIdlKCimkkEIKKaSQv8VeRP9jYFYLuzrVxas+AAA=",
    "jpg": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDA"
    "sKDAkKCgr/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABcQAAMBAAAAAAAAAAAAAAAAAAAZZqP/2gAIAQEAAD8AQpKZxP/Z",
}


def stripes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images whose stripes run down or across, in noise."""
    generator = np.random.default_rng(1)
    labels = np.arange(count) % 2
    lines = 120 * (np.arange(12) // 3 % 2)
    images = generator.integers(0, 90, (count, 12, 12)) + np.where(labels[:, None, None] == 1, lines[:, None], lines[None, :])
    return images.astype(np.uint8), labels


def main(folder: pathlib.Path) -> None:
    """Ends with an error unless everything is as it should be."""
    assert importlib.metadata.version("tally-classifier") == tally.__version__ == importlib.metadata.version("tally-spark")
    needed = subprocess.run(
        ["ldd", pathlib.Path(tally.__file__).with_name("libTallyC.so")], check=True, capture_output=True, text=True
    ).stdout
    assert "not found" not in needed and "swift" not in needed.lower(), needed

    X, y = stripes(200)
    np.save(folder / "images.npy", X)
    np.save(folder / "labels.npy", y.astype(np.uint8))
    (folder / "plan.json").write_text(json.dumps(PLAN))
    classifier = tally.TallyClassifier(plan=folder / "plan.json").fit(X, y)
    accuracy = classifier.score(*stripes(400))
    assert accuracy > 0.9, accuracy
    classifier.save(folder / "model.tally")
    loaded = tally.TallyClassifier.load(folder / "model.tally")
    assert (loaded.scores(X) == classifier.scores(X)).all()
    assert classifier.explain(X[:1])[0].to_html().startswith("<!DOCTYPE html>")
    classifier.report(folder / "report.html", X, y)

    for ending, text in FILES.items():
        place = folder / "photos" / "train" / ending
        place.mkdir(parents=True)
        (place / f"one.{ending}").write_bytes(base64.b64decode(text))
    read, names = tally.load_folder(folder / "photos", size=8).train
    found = dict(zip(names.tolist(), read.astype(int), strict=True))
    assert (found["png"] == found["webp"]).all() and np.ptp(found["png"]) == 140
    assert abs(found["jpg"] - found["png"]).max() < 10

    tally.onnx.export(classifier, folder / "model.onnx")
    from onnx.reference import ReferenceEvaluator

    (scores,) = ReferenceEvaluator(str(folder / "model.onnx")).run(["scores"], {"images": X[:20, ..., None]})
    assert (scores == classifier.scores(X[:20])).all()
    try:
        tally.exported.load(folder)
    except FileNotFoundError as error:
        assert "tally export" in str(error)
    import tally_spark

    assert tally_spark.__version__ == tally.__version__
    print(f"tally {tally.__version__}: {accuracy:.1%} right; files, folders, pages and ONNX as they should be")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
