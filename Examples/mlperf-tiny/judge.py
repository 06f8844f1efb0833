"""Runs the benchmark's 200 images through the emulated device, all 10,000 through the same program here, and says what came out."""

import argparse
import json
import lzma
import pathlib
import re
import subprocess

import numpy as np


def test_images(folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """CIFAR-10's test images, 32 x 32 x 3, and their classes, in the order of its files."""
    plain = folder / "test_batch.bin"
    data = plain.read_bytes() if plain.exists() else lzma.decompress((folder / "test_batch.bin.xz").read_bytes())
    records = np.frombuffer(data, np.uint8).reshape(-1, 3073)
    return np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), records[:, 0].astype(int)


def performance_subset(classes: np.ndarray) -> np.ndarray:
    """The 200 images that the benchmark draws, 20 of each class, in its order."""
    random = np.random.default_rng(8108)
    drawn = [random.choice(np.flatnonzero(classes == c), size=20, replace=False) for c in range(10)]
    indices = np.concatenate(drawn)
    random.shuffle(indices)
    return indices


def commands(images: np.ndarray) -> str:
    """What the benchmark's runner would send for every image."""
    text = ["name%", "profile%"]
    for image in images:
        digits = image.tobytes().hex()
        text.append(f"db load {len(digits) // 2}%")
        text += [f"db {digits[i : i + 240]}%" for i in range(0, len(digits), 240)]
        text.append("infer 1 0%")
    return "\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cifar", type=pathlib.Path, required=True)
    parser.add_argument("--tally", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--device", nargs=argparse.REMAINDER, help="the command that runs the device; comes last")
    parser.add_argument("--host", required=True, help="the program for the host")
    options = parser.parse_args()

    images, classes = test_images(options.cifar)
    subset = performance_subset(classes)
    device = subprocess.run(
        options.device, input=commands(images[subset]), capture_output=True, text=True, check=True
    ).stdout
    errors = re.findall(r"^e-\[.*", device, re.MULTILINE)
    scores = [[int(score) for score in line.split(",")] for line in re.findall(r"m-scores-\[(.*)\]", device)]
    if errors or len(scores) != len(subset):
        raise SystemExit(f"error: the device gave {len(scores)} results; {errors[:1]}")
    laps = np.array(re.findall(r"m-lap-us-(\d+)", device), int).reshape(-1, 2)
    answers = np.array([np.argmax(score) for score in scores])
    instructions = 1000 * int(np.median(laps[:, 1] - laps[:, 0]))

    wanted = json.loads(
        subprocess.run(
            [options.tally, "predict", options.model, "--data", str(options.cifar), "--top", "10", "--json"],
            capture_output=True, text=True, check=True,
        ).stdout
    )
    names = (options.cifar / "batches.meta.txt").read_text().split()
    wanted_scores = [[{c["name"]: c["score"] for c in row["classes"]}[name] for name in names] for row in wanted]
    equal = sum(wanted_scores[i] == score for i, score in zip(subset, scores))
    everywhere = np.array(
        subprocess.run([options.host], input=images.tobytes(), capture_output=True, check=True).stdout.split(), int
    )
    print(f"{equal} of {len(subset)} images have the scores of tally predict")
    print(f"200 images of the benchmark, Cortex-M4 under QEMU: {100 * np.mean(answers == classes[subset]):.1f} %")
    print(f"all 10,000 test images: {100 * np.mean(everywhere == classes):.2f} %")
    print(f"instructions an image: {instructions / 1e6:.1f} M")
    raise SystemExit(0 if equal == len(subset) else 1)


main()
