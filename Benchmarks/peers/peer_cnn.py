"""A small convolutional network in PyTorch on the CPU: three 3x3 convolutions with batch normalisation, Adam, no
augmentation. As peer `bnn` with weights and activations of -1 and 1 (straight-through). Timed in PyTorch and ONNX Runtime."""

import sys

import numpy
import torch
from torch.nn import functional

import cnn_network
import cnn_speed
import onnx_files
from common import Clock, Curve, Job, best_rate, one_by_one, peak_memory, write_result, write_times

BATCH, EPOCHS = 128, 8
# Highest learning rate, from short trials on 9,000 images, judged on the validation part: floats reach the same within
# noise with 1e-3, 3e-3 and 1e-2, the binary network more with 3e-3 than with 1e-3.
RATE = 3e-3


def accuracy(model, x, labels):
    model.eval()
    right = float((cnn_network.answers(model, x) == labels).float().mean())
    model.train()
    return right


def train(job, model, x, y, check):
    """Trains the model; returns its curve on the validation images."""
    adam = torch.optim.Adam(model.parameters(), lr=RATE)
    epochs, per_epoch = epochs_of(job), len(y) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        adam, RATE, total_steps=per_epoch * epochs, pct_start=0.1, div_factor=10, cycle_momentum=False)
    # Points at 1/4, 1/2 and every whole epoch.
    points = {per_epoch // 4, per_epoch // 2, *(per_epoch * e for e in range(1, epochs + 1))}
    curve, clock, step = Curve(len(check[1])), Clock(), 0
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(y))
        for batch in range(per_epoch):
            with clock:
                take = order[batch * BATCH:(batch + 1) * BATCH]
                loss = functional.cross_entropy(model(x[take]), y[take])
                adam.zero_grad()
                loss.backward()
                adam.step()
                cnn_network.constrain(model)
                schedule.step()
            step += 1
            if step in points:
                curve.add(f"epoch {step / per_epoch:.2f}", clock.wall, clock.cpu, accuracy(model, *check))
    return curve


def epochs_of(job):
    return 2 if job.quick else EPOCHS


def float_speeds(job):
    """Speeds of the saved network, in PyTorch and in ONNX Runtime."""
    file = onnx_files.path(job.networks, job.dataset, job.peer, "float32")
    x = cnn_network.tensor(job.arrays("validation")[0])
    arrays, plain = onnx_files.read_float(file), numpy.ascontiguousarray(x.numpy())
    return cnn_speed.speeds({
        "PyTorch": (lambda threads: cnn_speed.torch_function(arrays), x),
        "ONNX Runtime": (lambda threads: cnn_speed.session(file, threads), plain)}, job.threads)


def binary_speeds(job, model, x):
    """Speeds of the binary network, which only PyTorch runs."""
    rates = {size: best_rate(len(x), lambda: cnn_network.answers(model, x, size)) for size in (64, 256)}
    size = max(rates, key=rates.get)
    torch.set_num_threads(1)
    one = one_by_one(lambda i: cnn_network.answers(model, x[i:i + 1]), len(x))
    torch.set_num_threads(job.threads)
    return {"batch": {"imagesPerSecond": rates[size],
                      "how": f"PyTorch, batches of {size}, {job.threads} threads, best of 3"},
            "one": {"milliseconds": one, "how": "PyTorch, median, 1 thread"}}


def save(job, model, check, reached):
    """Writes the network, checks that the file answers as well as it, and returns the bytes of its parameters."""
    file = onnx_files.path(job.networks, job.dataset, job.peer, "float32")
    onnx_files.write_float(cnn_network.folded(model), job.arrays("test")[0].shape[1:], file)
    again = cnn_speed.accuracy(cnn_speed.session(file, job.threads), check[0].numpy(), check[1].numpy())
    if abs(again - reached) > 0.001:
        raise SystemExit(f"{file}: {100 * again:.2f} % of the validation images, {100 * reached:.2f} % in PyTorch")
    return onnx_files.weight_bytes(file)


def main():
    job = Job(sys.argv[1])
    binary = job.peer == "bnn"
    torch.set_num_threads(job.threads)
    if job.time_only:
        write_times(job, float_speeds(job))
        return
    torch.manual_seed(job.seed)
    images, labels = job.arrays("train")
    check_images, check_labels = job.arrays("validation")
    check = cnn_network.tensor(check_images), torch.from_numpy(check_labels)
    model = cnn_network.network(job.peer, images.shape[1:])
    curve = train(job, model, cnn_network.tensor(images), torch.from_numpy(labels), check)
    model.eval()
    reached = curve.points[-1]["accuracy"]
    if binary:
        size, times = cnn_network.parameter_bytes(model), binary_speeds(job, model, check[0])
    else:
        size = save(job, model, check, reached)
        times = float_speeds(job)
    test_images, test_labels = job.arrays("test")
    right = accuracy(model, cnn_network.tensor(test_images), torch.from_numpy(test_labels))
    widths = ", ".join(map(str, cnn_network.WIDTHS[job.peer]))
    write_result(
        job, title="small CNN, binary weights and activations" if binary else f"CNN ({widths}), float32",
        settings={"widths": cnn_network.WIDTHS[job.peer], "batch": BATCH, "epochs": epochs_of(job),
                  "optimiser": "Adam, one cycle", "rate": RATE, "seed": job.seed},
        versions=versions(), curve=curve, validation={"accuracy": reached, "images": len(check_labels)},
        test={"accuracy": right, "images": len(test_labels)}, times=times,
        model={"bytes": size, "how": "convolutions as bits; normalisation and last layer float32" if binary
               else "float32 parameters, normalisation folded"},
        memory=peak_memory())


def versions():
    import onnxruntime
    return {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__, "numpy": numpy.__version__}


main()
