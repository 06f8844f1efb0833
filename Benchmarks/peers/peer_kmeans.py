"""Patches by k-means: normalised and whitened 6x6 patches, MiniBatchKMeans centroids, "triangle" features summed on
a 4x4 grid, ridge regression on them. Each point is a training of its own with more centroids."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy
import scipy.linalg
import sklearn
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from common import Clock, Curve, Job, best_rate, one_by_one, peak_memory, write_result

WINDOW, GRID, PATCHES, BLOCK = 6, 4, 100_000, 64
RIDGES = 1e-4, 1e-3, 1e-2, 1e-1  # times the mean of the Gram matrix's diagonal; the best on the validation part


def normalised(images):
    """All patches of images as rows, each with mean 0 and its deviation (less a little) 1."""
    view = numpy.lib.stride_tricks.sliding_window_view(images, (WINDOW, WINDOW), axis=(1, 2))
    rows = view.reshape(-1, images.shape[3] * WINDOW * WINDOW).astype(numpy.float32)
    rows -= rows.mean(1, keepdims=True)
    rows /= numpy.sqrt((rows * rows).mean(1, keepdims=True) + 10)
    return rows


class Features:
    """Learned from training images; gives each image GRID * GRID * K numbers."""

    def __init__(self, images, k, seed, threads):
        self.threads = threads
        random = numpy.random.default_rng(seed)
        drawn = images[random.choice(len(images), min(len(images), PATCHES // 20), replace=False)]
        rows = normalised(drawn)
        rows = rows[random.choice(len(rows), min(len(rows), PATCHES), replace=False)]
        self.mean = rows.mean(0)
        values, vectors = numpy.linalg.eigh(numpy.cov(rows - self.mean, rowvar=False))
        self.whiten = ((vectors / numpy.sqrt(values + 0.1)) @ vectors.T).astype(numpy.float32)
        rows = (rows - self.mean) @ self.whiten
        self.centroids = MiniBatchKMeans(
            k, batch_size=2048, n_init=1, max_iter=20, random_state=seed).fit(rows).cluster_centers_
        self.centroids = numpy.ascontiguousarray(self.centroids.astype(numpy.float32))
        self.squares = (self.centroids ** 2).sum(1)
        self.size = GRID * GRID * k

    def block(self, images):
        count = len(images)
        side = images.shape[1] - WINDOW + 1, images.shape[2] - WINDOW + 1
        rows = (normalised(images) - self.mean) @ self.whiten
        away = rows @ self.centroids.T
        away *= -2
        away += self.squares
        away += (rows * rows).sum(1, keepdims=True)
        numpy.maximum(away, 0, out=away)
        numpy.sqrt(away, out=away)
        numpy.subtract(away.mean(1, keepdims=True), away, out=away)
        numpy.maximum(away, 0, out=away)
        away = away.reshape(count, *side, -1)
        for axis in 1, 2:
            edges = [side[axis - 1] * i // GRID for i in range(GRID)]
            away = numpy.add.reduceat(away, edges, axis=axis)
        return away.reshape(count, -1)

    def __call__(self, images):
        out = numpy.empty((len(images), self.size), numpy.float32)

        def fill(begin):
            out[begin:begin + BLOCK] = self.block(images[begin:begin + BLOCK])

        if len(images) <= BLOCK:
            fill(0)
        else:  # numpy itself runs on one thread; two blocks at a time
            with threadpool_limits(1), ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(fill, range(0, len(images), BLOCK)))
        return out


class Ridge:
    """Least squares on standardised features with the label's one-hot vector as the aim."""

    def __init__(self, features, labels, check_features, check_labels):
        self.mean, self.scale = features.mean(0), features.std(0) + 1e-3
        features -= self.mean
        features /= self.scale
        aims = numpy.eye(10, dtype=numpy.float32)[labels] - 0.1
        gram, with_aims = features.T @ features, features.T @ aims
        level = float(numpy.trace(gram)) / len(gram)
        self.accuracy = -1.0
        for ridge in RIDGES:
            damped = gram.copy()
            damped[numpy.diag_indices_from(damped)] += ridge * level
            weights = scipy.linalg.solve(damped, with_aims, assume_a="pos", overwrite_a=True)
            reached = self.right(check_features, check_labels, weights)
            if reached > self.accuracy:
                self.accuracy, self.ridge, self.weights = reached, ridge, weights

    def answers(self, features, weights=None):
        return ((features - self.mean) / self.scale @ (self.weights if weights is None else weights)).argmax(1)

    def right(self, features, labels, weights=None):
        return float((self.answers(features, weights) == labels).mean())


def main():
    warnings.filterwarnings("ignore", module="sklearn")
    job = Job(sys.argv[1])
    images, labels = job.arrays("train")
    check = job.arrays("validation")
    curve, best = Curve(len(check[1])), None
    for k in (20, 40) if job.quick else (25, 50, 100, 200, 400):
        clock = Clock()
        with clock:
            features = Features(images, k, job.seed, job.threads)
            train_features = features(images)
        check_features = features(check[0])
        with clock:  # with the choice among the ridges, as that is part of learning here
            ridge = Ridge(train_features, labels, check_features, check[1])
        del train_features
        curve.add(f"{k} centroids", clock.wall, clock.cpu, ridge.accuracy)
        if best is None or ridge.accuracy > best[0]:
            best = ridge.accuracy, features, ridge, k
    reached, features, ridge, k = best
    some = check[0][:1000]
    rate = best_rate(len(some), lambda: ridge.answers(features(some)), times=2)
    one = one_by_one(lambda i: ridge.answers(features(check[0][i:i + 1])), len(check[1]))
    test = job.arrays("test")
    # Mean, scale and whitening can be folded into the weights and centroids, but for the patch's mean and whitening.
    floats = features.whiten.size + features.mean.size + features.centroids.size + ridge.weights.size + 10
    write_result(
        job, title="scikit-learn, k-means patches and ridge",
        settings={"window": WINDOW, "grid": GRID, "centroids": k, "ridge": ridge.ridge, "seed": job.seed},
        versions={"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__},
        curve=curve, validation={"accuracy": reached, "images": len(check[1])},
        test={"accuracy": ridge.right(features(test[0]), test[1]), "images": len(test[1])},
        times={"batch": {"imagesPerSecond": rate, "how": f"blocks of {BLOCK} on {job.threads} threads, best of 2"},
               "one": {"milliseconds": one, "how": "median"}},
        model={"bytes": 4 * floats, "how": "float32 whitening, centroids, weights"}, memory=peak_memory())


main()
