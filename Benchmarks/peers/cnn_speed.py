"""How fast the networks answer: the fastest of several runtimes and batch sizes, in batches and one image at a time."""

from concurrent.futures import ThreadPoolExecutor

import numpy
import onnxruntime
import torch

import cnn_network
from common import best_rate, one_by_one

SIZES = (64, 256, 1000)


def session(file, threads):
    """ONNX Runtime on a file, as a function from images to answers."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    run = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"]).run
    return lambda x: run(None, {"images": x})[0].argmax(1)


def torch_function(arrays):
    """PyTorch on folded weights, as a function from images to answers."""
    model = cnn_network.rebuilt(arrays)
    return lambda x: cnn_network.answers(model, x, len(x))


def accuracy(answer, x, labels, size=500):
    right = sum(int((numpy.asarray(answer(x[i:i + size])) == labels[i:i + size]).sum()) for i in range(0, len(x), size))
    return right / len(x)


def speeds(runtimes, threads):
    """Of runtimes, {name: (function of a number of threads that gives the answering function, images)}, the fastest in
    batches with `threads` threads and with one, and for one image with one thread; each as write_result takes it."""
    batches, ones = {threads: [], 1: []}, []
    with ThreadPoolExecutor(threads) as pool:
        for name, (make, x) in runtimes.items():
            def rate(answer, size, each=map):
                parts = [x[i:i + size] for i in range(0, len(x), size)]
                return best_rate(len(x), lambda: list(each(answer, parts)))

            if threads > 1:
                torch.set_num_threads(threads)
                answer = make(threads)
                batches[threads] += [(rate(answer, size), f"{name}, batches of {size}") for size in SIZES]
            torch.set_num_threads(1)
            answer = make(1)
            batches[1] += [(rate(answer, size), f"{name}, batches of {size}") for size in SIZES]
            if threads > 1:  # as a server does: a batch a thread
                batches[threads] += [
                    (rate(answer, size, pool.map), f"{name}, batches of {size}, a batch a thread") for size in SIZES]
            ones.append((one_by_one(lambda i: answer(x[i:i + 1]), len(x)), name))
    torch.set_num_threads(threads)

    def best(count):
        rate, how = max(batches[count])
        return {"imagesPerSecond": rate, "how": f"{how}, {count} thread{'s' * (count > 1)}, best of 3",
                "all": {name: round(r, 1) for r, name in batches[count]}}

    milliseconds, name = min(ones)
    return {"batch": best(threads), "batch_one_thread": best(1),
            "one": {"milliseconds": milliseconds, "how": f"{name}, median, 1 thread", "all": {n: m for m, n in ones}}}

