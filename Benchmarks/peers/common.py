"""What all peers share: the job they are given, the clock of training, timing of inference, the result."""

import json
import os
import resource
import sys
import time


class Job:
    """One peer's task: data folder, budgets, threads. Read from the JSON file named on the command line."""

    def __init__(self, path):
        with open(path) as file:
            values = json.load(file)
        self.peer = values["peer"]
        self.dataset = values["dataset"]
        self.folder = values["folder"]
        self.quick = values["quick"]
        self.threads = values["threads"]
        self.seed = values["seed"]
        self.budget = values["budget"]
        self.tally = values["tally"]
        self.test_limit = values["test_limit"]
        self.networks = values["networks"]
        self.run = values["run"]
        self.source = values["source"]
        self.time_only = values["time_only"]
        self.result = values["result"]
        self.previous = values["previous"]

    def arrays(self, part):
        """Images (N, H, W, channels; bytes) and labels of `train`, `validation` or `test`."""
        import numpy

        images = numpy.load(os.path.join(self.folder, part + "-images.npy"))
        labels = numpy.load(os.path.join(self.folder, part + "-labels.npy"))
        return images, labels.astype(numpy.int64)


class Clock:
    """Wall and CPU seconds of training, evaluations left out: `with clock: train()`."""

    def __init__(self):
        self.wall = 0.0
        self.cpu = 0.0

    def __enter__(self):
        self.started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall += time.perf_counter() - self.started[0]
        self.cpu += time.process_time() - self.started[1]


class Curve:
    """Validation accuracy after so many seconds of training."""

    def __init__(self, images):
        self.images = images
        self.points = []

    def add(self, label, wall, cpu, accuracy):
        self.points.append(
            {"label": label, "wallSeconds": wall, "cpuSeconds": cpu, "accuracy": float(accuracy)})
        print(f"  {label}: {wall:.1f} s wall, {cpu:.1f} s CPU, validation {100 * accuracy:.2f} %", flush=True)


def best_rate(images, call, times=3):
    """Images a second of the fastest of some calls, after one that is not timed."""
    call()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return images / min(seconds)


def one_by_one(call, count, least_seconds=1.0, most=2000):
    """Median milliseconds of `call(i)`, for i in 0..<count, round and round for at least a second."""
    call(0)
    seconds = []
    began = time.perf_counter()
    while len(seconds) < most and (time.perf_counter() - began < least_seconds or len(seconds) < 5):
        started = time.perf_counter()
        call(len(seconds) % count)
        seconds.append(time.perf_counter() - started)
    return 1000 * sorted(seconds)[len(seconds) // 2]


def peak_memory():
    """Largest resident size of this process so far, bytes."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def write_result(job, *, title, settings, versions, curve, validation, test, times, model, memory,
                 training_images=None):
    """The JSON of a run. `times`: as `write_times` takes it; `model`: bytes, how; `training_images`: if not the whole part."""
    write(job, {
        "peer": job.peer, "title": title, "dataset": job.dataset, "quick": job.quick, "threads": job.threads,
        "settings": settings, "versions": versions,
        "trainingImages": training_images or job_images(job, "train"),
        "curve": curve.points, "curveImages": curve.images,
        "validation": validation, "test": test,
        **timings(times), "model": model, "peakMemoryBytes": memory,
    })
    print(f"  test {100 * test['accuracy']:.2f} % of {test['images']}", flush=True)


def write_times(job, times):
    """The result that is there, with new times. `times`: of a batch and of one image (and of a batch on one thread, where it
    is known) images a second or milliseconds, and how."""
    with open(job.previous) as file:
        write(job, {**json.load(file), **timings(times)})


def timings(times):
    names = {"batch": "batchInference", "batch_one_thread": "batchOneThread", "one": "oneImage"}
    return {names[key]: value for key, value in times.items()}


def write(job, result):
    with open(job.result, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    batch, one = result["batchInference"]["imagesPerSecond"], result["oneImage"]["milliseconds"]
    print(f"  {batch:,.0f} images/s, one image {1000 * one:.0f} µs", flush=True)


def job_images(job, part):
    """How many images a part has."""
    with open(os.path.join(job.folder, "counts.json")) as file:
        return json.load(file)[part]
