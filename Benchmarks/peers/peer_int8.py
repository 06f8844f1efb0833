"""A trained convolutional network in int8: statically quantised on training images, in ONNX Runtime. Its float32 network
is that of the peer without `-int8`, which has to be trained before."""

import json
import os
import sys

import numpy
import onnx
import onnxruntime

import cnn_speed
import onnx_files
from common import Clock, Curve, Job, peak_memory, write_result, write_times

CALIBRATION = 1000  # of the training images, the first


def planes(images):
    """Images as the networks take them: channels first, -1...1."""
    return numpy.ascontiguousarray((images.astype(numpy.float32) / 255 - 0.5).transpose(0, 3, 1, 2) * 2)


def files(job):
    """The int8 files, by format."""
    return {form: onnx_files.path(job.networks, job.dataset, job.peer.removesuffix("-int8"), "int8-" + form)
            for form in onnx_files.FORMATS}


def speeds(job, x):
    def runtime(file):
        return lambda threads: cnn_speed.session(file, threads)

    return cnn_speed.speeds(
        {f"ONNX Runtime, {form}": (runtime(file), x) for form, file in files(job).items()}, job.threads)


def main():
    job = Job(sys.argv[1])
    check_images, check_labels = job.arrays("validation")
    check = planes(check_images)
    if job.time_only:
        write_times(job, speeds(job, check))
        return
    float_peer = job.peer.removesuffix("-int8")
    float_file = onnx_files.path(job.networks, job.dataset, float_peer, "float32")
    float_result = os.path.join(os.path.dirname(job.result), f"{job.dataset}-{float_peer}.json")
    if not os.path.exists(float_file) or not os.path.exists(float_result):
        raise SystemExit(f"  the float32 network is missing: run peer {float_peer} first")
    with open(float_result) as file:
        trained = json.load(file)
    clock = Clock()
    with clock:
        images = planes(job.arrays("train")[0][:CALIBRATION])
        for form, file in files(job).items():
            onnx_files.write_int8(float_file, form, images, file)
    # The faster format in batches is judged; the other one never sees the test images.
    times = speeds(job, check)
    form = next(form for form in onnx_files.FORMATS if f", {form}," in times["batch"]["how"])
    answer = cnn_speed.session(files(job)[form], job.threads)
    reached = cnn_speed.accuracy(answer, check, check_labels)
    last = trained["curve"][-1]
    curve = Curve(len(check_labels))
    curve.points = trained["curve"][:-1]
    curve.add("quantised", last["wallSeconds"] + clock.wall, last["cpuSeconds"] + clock.cpu, reached)
    test_images, test_labels = job.arrays("test")
    write_result(
        job, title=trained["title"].replace("float32", "int8"),
        settings={"float": float_peer, "format": form, "calibration": len(images), "method": "least and greatest",
                  "weights": "int8, a scale for each channel", "activations": "uint8"},
        versions={"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__, "numpy": numpy.__version__},
        curve=curve, validation={"accuracy": reached, "images": len(check_labels)},
        test={"accuracy": cnn_speed.accuracy(answer, planes(test_images), test_labels), "images": len(test_labels)},
        times=times, model={"bytes": onnx_files.weight_bytes(files(job)[form]), "how": "int8 parameters and scales"},
        memory=peak_memory())


main()
