"""Scores of a trained model for the test images of Fashion-MNIST, as a CSV file: `export.py MODEL CSV`."""

import csv
import gzip
import os
import pathlib
import sys

import numpy as np
from tally import TallyClassifier


def idx(name: str, header: int) -> np.ndarray:
    """The bytes of one of the set's files behind its header."""
    for folder in [*os.environ.get("TALLY_DATA_PATH", "").split(":"), "/usr/share/datasets"]:
        path = pathlib.Path(folder) / "fashion-mnist" / name
        if folder and path.exists():
            return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)
    sys.exit(f"export.py: {name} is not there; install dataset-fashion-mnist (make setup)")


model, output = sys.argv[1:]
images = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:200]
classifier = TallyClassifier.load(model)
scores = classifier.scores(images)
with open(output, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["index", "class", *classifier.classes_])
    for index, row in enumerate(scores):
        writer.writerow([index, classifier.classes_[row.argmax()], *row])
print(f"{output}: {len(scores)} images, {len(classifier.classes_)} scores each")
