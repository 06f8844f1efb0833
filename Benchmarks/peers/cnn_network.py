"""The convolutional networks, of float32 or of -1 and 1: what they are made of, and their weights as inference takes them."""

import torch
from torch import nn
from torch.nn import functional

# The channels of the three convolutions, by peer.
WIDTHS = {"cnn-8": (8, 16, 32), "cnn-16": (16, 32, 64), "cnn-32": (32, 64, 128), "bnn": (32, 64, 128)}


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


def network(peer, shape):
    """Convolution, pooling, normalisation, ReLU or sign, three times; a linear layer of floats on what is left."""
    binary = peer == "bnn"
    layers, channels, side = [], shape[2], shape[0]
    for width in WIDTHS[peer]:
        kind = BinaryConvolution if binary else nn.Conv2d
        layers += [kind(channels, width, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(width), Binary() if binary else nn.ReLU()]
        channels, side = width, side // 2
    layers += [nn.Flatten(), nn.Linear(channels * side * side, 10)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def constrain(model):
    """After a step: binary weights within -1 and 1; scales of normalisation above 0, so that they can be moved past the
    pooling into the convolution, as those who deploy a network would have it."""
    with torch.no_grad():
        for part in model:
            if isinstance(part, BinaryConvolution):
                part.weight.clamp_(-1, 1)
            elif isinstance(part, nn.BatchNorm2d):
                part.weight.clamp_(min=1e-4)


def folded(model):
    """Weights and biases of the convolutions with their normalisation inside, and of the linear layer: numpy arrays."""
    arrays = []
    for convolution, normal in zip(
            (p for p in model if isinstance(p, nn.Conv2d)), (p for p in model if isinstance(p, nn.BatchNorm2d))):
        scale = normal.weight / torch.sqrt(normal.running_var + normal.eps)
        arrays += [convolution.weight * scale[:, None, None, None], normal.bias - normal.running_mean * scale]
    arrays += [model[-1].weight, model[-1].bias]
    return [a.detach().contiguous().numpy() for a in arrays]


def rebuilt(arrays):
    """The PyTorch network of folded weights: convolution, ReLU, pooling, three times; a linear layer."""
    layers = []
    for weight, bias in zip(arrays[:-2:2], arrays[1:-2:2]):
        convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
        convolution.weight.data, convolution.bias.data = torch.tensor(weight), torch.tensor(bias)
        layers += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
    linear = nn.Linear(arrays[-2].shape[1], arrays[-2].shape[0])
    linear.weight.data, linear.bias.data = torch.tensor(arrays[-2]), torch.tensor(arrays[-1])
    return nn.Sequential(*layers, nn.Flatten(), linear).to(memory_format=torch.channels_last).eval()


def tensor(images):
    """Images as the networks take them: channels first in shape, last in memory, -1...1."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255).sub_(0.5).mul_(2)
    return x.contiguous(memory_format=torch.channels_last)


def answers(model, x, size=256):
    with torch.inference_mode():
        return torch.cat([model(part).argmax(1) for part in x.split(size)])


def parameter_bytes(model):
    """float32, batch normalisation as one scale and one shift a channel; binary weights packed to bits."""
    total = 0
    for part in model:
        if isinstance(part, BinaryConvolution):
            total += (part.weight.numel() + 7) // 8
        elif isinstance(part, nn.Conv2d):
            total += 4 * part.weight.numel()
        elif isinstance(part, nn.BatchNorm2d):
            total += 8 * part.num_features
        elif isinstance(part, nn.Linear):
            total += 4 * (part.weight.numel() + part.bias.numel())
    return total
