"""The convolutional Tsetlin machine of tmu: 10x10 patches, 2,000 weighted clauses a class, T = 5,000, s = 5, images
binarised by an adaptive Gaussian threshold, as its authors show for Fashion-MNIST. One thread; judged in two
processes."""

import logging
import multiprocessing
import sys
import time

import numpy

from common import Clock, Curve, Job, one_by_one, peak_memory, write_result

logging.disable(logging.ERROR)  # it reports the absence of CUDA as an error
import tmu  # noqa: E402
from tmu.models.classification.vanilla_classifier import TMClassifier  # noqa: E402

CLAUSES, T, S, PATCH = 2000, 5000, 5.0, (10, 10)
JUDGED = 1000  # validation images a point


def binarised(images, size=11, below=2, sigma=2.0):
    """1 where a channel is above the Gaussian mean of its size x size surroundings, less `below`."""
    at = numpy.arange(size) - size // 2
    weights = numpy.exp(-at * at / (2 * sigma * sigma))
    weights /= weights.sum()
    edge = size // 2
    out = numpy.empty(images.shape, numpy.uint32)
    for begin in range(0, len(images), 1000):
        block = images[begin:begin + 1000].astype(numpy.float32)
        padded = numpy.pad(block, ((0, 0), (edge, edge), (edge, edge), (0, 0)), mode="edge")
        height, width = block.shape[1:3]
        rows = sum(w * padded[:, i:i + height] for i, w in enumerate(weights))
        mean = sum(w * rows[:, :, i:i + width] for i, w in enumerate(weights))
        out[begin:begin + 1000] = block > numpy.rint(mean) - below
    return out if images.shape[3] > 1 else out[..., 0]


def predict(part):
    return machine.predict(part)


def accuracy(images, labels, threads):
    """Judged by processes that share the machine's memory, as it runs on one thread."""
    with multiprocessing.get_context("fork").Pool(threads) as pool:
        answers = numpy.concatenate(pool.map(predict, numpy.array_split(images, threads)))
    return float((answers == labels).mean())


def main():
    global machine
    job = Job(sys.argv[1])
    began = time.perf_counter()
    clock = Clock()
    images, labels = job.arrays("train")
    order = numpy.random.default_rng(job.seed).permutation(len(labels))
    with clock:
        images = binarised(images)
    labels = labels.astype(numpy.uint32)
    check = [a[:200 if job.quick else JUDGED] for a in job.arrays("validation")]
    check[0] = binarised(check[0])
    test = [a[:job.test_limit or None] for a in job.arrays("test")]
    machine = TMClassifier(CLAUSES, T, S, patch_dim=PATCH, weighted_clauses=True, platform="CPU", seed=job.seed)

    curve = Curve(len(check[1]))
    done, next_point, judged_seconds = 0, 500 if job.quick else 1000, 0.0
    while True:
        # The classes must all be in the first call, and points lie denser at the beginning.
        with clock:
            while done < next_point:
                take = order.take(range(done, min(done + 500, next_point)), mode="wrap")
                machine.fit(images[take], labels[take])
                done += len(take)
        started = time.perf_counter()
        reached = accuracy(*check, job.threads)
        judged_seconds = time.perf_counter() - started
        curve.add(f"{done} images", clock.wall, clock.cpu, reached)
        # What the test at the end takes is set aside.
        left = job.budget - (time.perf_counter() - began)
        left -= judged_seconds * (len(test[1]) / len(check[1]) + 1) + 5
        pace = clock.wall / done
        step = min(done, len(labels) // 2, int(left / pace) // 500 * 500)
        if step < 500:
            break
        next_point = done + step

    one = one_by_one(lambda i: machine.predict(check[0][i:i + 1]), len(check[1]), most=50)
    binary = binarised(test[0])
    started = time.perf_counter()
    right = accuracy(binary, test[1], job.threads)
    rate = len(test[1]) / (time.perf_counter() - started)
    banks = [machine.clause_banks[c] for c in range(10)]
    weights = sum(machine.weight_banks[c].weights.nbytes for c in range(10))
    includes = sum((bank.number_of_clauses * bank.number_of_literals + 7) // 8 for bank in banks)
    write_result(
        job, title="tmu, convolutional Tsetlin machine",
        settings={"clausesPerClass": CLAUSES, "T": T, "s": S, "patch": PATCH, "weighted": True,
                  "budgetSeconds": job.budget, "imagesSeen": done, "seed": job.seed,
                  "binarised": "adaptive Gaussian threshold, 11x11, 2"},
        versions={"tmu": getattr(tmu, "__version__", "0.8.3"), "numpy": numpy.__version__}, curve=curve,
        validation={"accuracy": curve.points[-1]["accuracy"], "images": curve.images},
        test={"accuracy": right, "images": len(test[1])},
        times={"batch": {"imagesPerSecond": rate, "how": f"{job.threads} processes of one thread"},
               "one": {"milliseconds": one, "how": "median, one thread"}},
        model={"bytes": includes + weights,
               "how": "include bits of all clauses and 32-bit weights",
               "trainingStateBytes": sum(bank.clause_bank.nbytes for bank in banks) + weights},
        memory=peak_memory())


main()
