"""Cuts a data set into training, validation and test arrays, the same for every peer, and writes them as .npy and
as the files that tally reads. Usage: data.py NAME SOURCE FOLDER QUICK(0|1)"""

import gzip
import json
import lzma
import os
import sys

import numpy

VALIDATION = 6000  # the last of the training images
QUICK = {"train": 4000, "validation": 1000, "test": 1000}


def read(path):
    """The bytes of a file, unpacked; PATH, PATH.gz or PATH.xz."""
    for suffix, opener in ("", open), (".gz", gzip.open), (".xz", lzma.open):
        if os.path.exists(path + suffix):
            with opener(path + suffix, "rb") as file:
                return file.read()
    raise SystemExit(f"{path}: not found, nor with .gz or .xz; install the data set or name its folder")


def idx(folder, part):
    images = read(os.path.join(folder, part + "-images-idx3-ubyte"))
    labels = read(os.path.join(folder, part + "-labels-idx1-ubyte"))
    count, height, width = (int.from_bytes(images[o:o + 4], "big") for o in (4, 8, 12))
    pixels = numpy.frombuffer(images, numpy.uint8, offset=16).reshape(count, height, width, 1)
    return pixels, numpy.frombuffer(labels, numpy.uint8, offset=8)


def cifar(folder, names):
    records = numpy.concatenate([
        numpy.frombuffer(read(os.path.join(folder, name)), numpy.uint8).reshape(-1, 3073) for name in names])
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def write_idx(folder, part, images, labels):
    size = b"".join(int(n).to_bytes(4, "big") for n in images.shape[:3])
    with open(os.path.join(folder, part + "-images-idx3-ubyte"), "wb") as file:
        file.write(bytes([0, 0, 8, 3]) + size + images.tobytes())
    with open(os.path.join(folder, part + "-labels-idx1-ubyte"), "wb") as file:
        file.write(bytes([0, 0, 8, 1]) + size[:4] + labels.tobytes())


def write_cifar(path, images, labels):
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    with open(path, "wb") as file:
        file.write(numpy.concatenate([labels[:, None], planes], axis=1).astype(numpy.uint8).tobytes())


def main():
    name, source, folder, quick = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "1"
    colour = name == "cifar-10"
    if colour:
        train = cifar(source, [f"data_batch_{i}.bin" for i in range(1, 6)])
        test = cifar(source, ["test_batch.bin"])
    else:
        train, test = idx(source, "train"), idx(source, "t10k")
    cut = len(train[1]) - VALIDATION
    parts = {"train": [a[:cut] for a in train], "validation": [a[cut:] for a in train], "test": test}
    if quick:
        parts = {key: [a[:QUICK[key]] for a in part] for key, part in parts.items()}
    os.makedirs(folder, exist_ok=True)
    for key, (images, labels) in parts.items():
        numpy.save(os.path.join(folder, key + "-images.npy"), numpy.ascontiguousarray(images))
        numpy.save(os.path.join(folder, key + "-labels.npy"), labels)
    # Two folders for tally: it learns from the one's training images and is judged on its "test" images, which
    # are the validation part; the other's test images are the real ones.
    for key in "validation", "test":
        for_tally = os.path.join(folder, "tally-" + key)
        os.makedirs(for_tally, exist_ok=True)
        if colour:
            write_cifar(os.path.join(for_tally, "data_batch_1.bin"), *parts["train"])
            write_cifar(os.path.join(for_tally, "test_batch.bin"), *parts[key])
        else:
            write_idx(for_tally, "train", *parts["train"])
            write_idx(for_tally, "t10k", *parts[key])
    with open(os.path.join(folder, "counts.json"), "w") as file:
        json.dump({key: len(part[1]) for key, part in parts.items()}, file)


main()
