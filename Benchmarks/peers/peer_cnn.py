"""A small convolutional network in PyTorch on the CPU: three 3x3 convolutions with batch normalisation, Adam, no
augmentation. As peer `bnn` the same network with weights and activations of -1 and 1 (straight-through)."""

import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

from common import Clock, Curve, Job, best_rate, one_by_one, peak_memory, write_result

WIDTHS, BATCH, EPOCHS = (32, 64, 128), 128, 8
# Highest learning rates, from short trials on 9,000 images, judged on the validation part: floats reach the same within
# noise with 1e-3, 3e-3 and 1e-2, the binary network more with 3e-3 than with 1e-3.
RATE = {"cnn": 3e-3, "bnn": 3e-3}


class Sign(torch.autograd.Function):
    """-1 or 1; the gradient passes where the number is within -1...1."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * (x.abs() <= 1)


class BinaryConvolution(nn.Conv2d):
    """A convolution whose weights are -1 or 1 forward, and real numbers for the optimiser."""

    def forward(self, x):
        weight = Sign.apply(self.weight) if self.training else self.fixed
        return functional.conv2d(x, weight, None, self.stride, self.padding)

    def train(self, mode=True):
        if not mode:
            self.fixed = torch.where(self.weight >= 0, 1.0, -1.0).detach()
        return super().train(mode)


class Binary(nn.Module):
    def forward(self, x):
        return Sign.apply(x)


def network(binary, shape):
    """Convolution, pooling, normalisation, ReLU or sign, three times; a linear layer of floats on what is left."""
    layers, channels, side = [], shape[2], shape[0]
    for width in WIDTHS:
        kind = BinaryConvolution if binary else nn.Conv2d
        layers += [kind(channels, width, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(width), Binary() if binary else nn.ReLU()]
        channels, side = width, side // 2
    layers += [nn.Flatten(), nn.Linear(channels * side * side, 10)]
    return nn.Sequential(*layers)


def tensor(images):
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255).sub_(0.5).mul_(2)
    return x.contiguous(memory_format=torch.channels_last)


def answers(model, x, size=256):
    with torch.inference_mode():
        return torch.cat([model(part).argmax(1) for part in x.split(size)])


def accuracy(model, x, labels):
    model.eval()
    right = float((answers(model, x) == labels).float().mean())
    model.train()
    return right


def model_bytes(model, binary):
    """float32, batch normalisation as one scale and one shift a channel; binary weights packed to bits."""
    total = 0
    for part in model.modules():
        if isinstance(part, BinaryConvolution):
            total += (part.weight.numel() + 7) // 8
        elif isinstance(part, nn.Conv2d):
            total += 4 * part.weight.numel()
        elif isinstance(part, nn.BatchNorm2d):
            total += 8 * part.num_features
        elif isinstance(part, nn.Linear):
            total += 4 * (part.weight.numel() + part.bias.numel())
    return total


def train(job, model, x, y, check):
    """Trains the model; returns its curve on the validation images."""
    binary, rate = job.peer == "bnn", RATE[job.peer]
    adam = torch.optim.Adam(model.parameters(), lr=rate)
    epochs, per_epoch = epochs_of(job), len(y) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        adam, rate, total_steps=per_epoch * epochs, pct_start=0.1, div_factor=10, cycle_momentum=False)
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
                if binary:
                    clamp_weights(model)
                schedule.step()
            step += 1
            if step in points:
                curve.add(f"epoch {step / per_epoch:.2f}", clock.wall, clock.cpu, accuracy(model, *check))
    return curve


def clamp_weights(model):
    """Keeps the weights whose signs are used within -1 and 1."""
    with torch.no_grad():
        for part in model:
            if isinstance(part, BinaryConvolution):
                part.weight.clamp_(-1, 1)


def speeds(job, model, x):
    """Images per second in batches, and milliseconds for one image, each as write_result takes it."""
    rates = {size: best_rate(len(x), lambda: answers(model, x, size)) for size in (64, 256)}
    size = max(rates, key=rates.get)
    latencies = {}
    for threads in sorted({1, job.threads}):
        torch.set_num_threads(threads)
        latencies[threads] = one_by_one(lambda i: answers(model, x[i:i + 1]), len(x))
    fastest = min(latencies, key=latencies.get)
    torch.set_num_threads(job.threads)
    return (
        {"imagesPerSecond": rates[size], "how": f"batches of {size}, {job.threads} threads, best of 3"},
        {"milliseconds": latencies[fastest], "how": f"median, {fastest} thread{'s' * (fastest > 1)}"})


def epochs_of(job):
    return 2 if job.quick else EPOCHS


def main():
    job = Job(sys.argv[1])
    binary = job.peer == "bnn"
    torch.set_num_threads(job.threads)
    torch.manual_seed(job.seed)
    images, labels = job.arrays("train")
    check_images, check_labels = job.arrays("validation")
    check = tensor(check_images), torch.from_numpy(check_labels)
    model = network(binary, images.shape[1:]).to(memory_format=torch.channels_last)
    curve = train(job, model, tensor(images), torch.from_numpy(labels), check)
    model.eval()
    batch, one = speeds(job, model, check[0])
    test_images, test_labels = job.arrays("test")
    right = accuracy(model, tensor(test_images), torch.from_numpy(test_labels))
    write_result(
        job, title="PyTorch, small CNN, " + ("binary weights and activations" if binary else "float32"),
        settings={"widths": WIDTHS, "batch": BATCH, "epochs": epochs_of(job), "optimiser": "Adam, one cycle",
                  "rate": RATE[job.peer], "seed": job.seed},
        versions={"torch": torch.__version__, "numpy": numpy.__version__}, curve=curve,
        validation={"accuracy": curve.points[-1]["accuracy"], "images": len(check_labels)},
        test={"accuracy": right, "images": len(test_labels)}, batch=batch, one=one,
        model={"bytes": model_bytes(model, binary),
               "how": "convolutions as bits; normalisation and last layer float32" if binary else "float32"},
        memory=peak_memory())


main()
