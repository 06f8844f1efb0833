"""Multinomial logistic regression on pixels, scikit-learn. Each point is a fit of its own with more iterations."""

import sys
import warnings

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

from common import Clock, Curve, Job, best_rate, one_by_one, peak_memory, write_result

C = 0.1  # of 1, 0.1 and 0.01 the best on the validation part


def flat(images):
    return images.reshape(len(images), -1).astype(numpy.float32) / 255


def main():
    warnings.filterwarnings("ignore", module="sklearn")  # "did not converge" is what the points are about
    job = Job(sys.argv[1])
    images, labels = job.arrays("train")
    check = job.arrays("validation")
    images, check = flat(images), (flat(check[0]), check[1])
    curve, best = Curve(len(check[1])), None
    for iterations in (10, 30) if job.quick else (5, 10, 20, 40, 80, 160, 320):
        clock = Clock()
        with clock:
            model = LogisticRegression(C=C, max_iter=iterations).fit(images, labels)
        reached = model.score(*check)
        curve.add(f"{iterations} iterations", clock.wall, clock.cpu, reached)
        if best is None or reached > best[0]:
            best = reached, model, iterations
    reached, model, iterations = best
    rate = best_rate(len(check[1]), lambda: model.predict(check[0]))
    one = one_by_one(lambda i: model.predict(check[0][i:i + 1]), len(check[1]))
    test = job.arrays("test")
    write_result(
        job, title="scikit-learn, logistic regression on pixels",
        settings={"C": C, "solver": "lbfgs", "iterations": iterations},
        versions={"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}, curve=curve,
        validation={"accuracy": reached, "images": len(check[1])},
        test={"accuracy": model.score(flat(test[0]), test[1]), "images": len(test[1])},
        times={"batch": {"imagesPerSecond": rate, "how": "all at once, best of 3"},
               "one": {"milliseconds": one, "how": "median"}},
        model={"bytes": 4 * (model.coef_.size + model.intercept_.size), "how": "float32 coefficients"},
        memory=peak_memory())


main()
