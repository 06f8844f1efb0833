"""From pixels to bits: the image at every level of the pyramid, its signals, and their thermometer codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tally._model_file import Network, Signal
from tally.onnx._graph import DOUBLE, FLOAT, INT64, Graph, Value


class Images:
    """The images as floats, N x C x H x W, at every level that was asked for."""

    def __init__(self, graph: Graph, pixels: Value, network: Network) -> None:
        self.graph, self.network = graph, network
        self.levels = [pixels]
        self.sides = [(network.height, network.width)]
        self._padded: dict[tuple[int, int, bool], Value] = {}
        self._scales: dict[tuple[int, int], Value] = {}
        self._codes: dict[tuple[int, int], Value] = {}

    def bits(self, level: int, signals: Sequence[int] | None = None) -> Value:
        """The bits of some signals, by default all, of every pixel of a level: N x bits x H x W."""
        while len(self.levels) <= level:
            self._halve()
        seen = range(len(self.network.signals[level])) if signals is None else signals
        codes = [self._code(level, i) for i in seen]
        return codes[0] if len(codes) == 1 else self.graph.node("Concat", *codes, axis=1, name=f"image{level}_bits")

    def _code(self, level: int, index: int) -> Value:
        """The bits of a signal, which are made once even if several layers look at it."""
        key = (level, index)
        if key not in self._codes:
            signal = self.network.signals[level][index]
            self._codes[key] = self._thermometer(signal, self._numbers(signal, level), level)
        return self._codes[key]

    def _halve(self) -> None:
        """The mean of each 2 x 2 pixels, rounded half up, or of those that exist at an odd edge."""
        graph, (height, width), level = self.graph, self.sides[-1], len(self.levels)
        image = self.levels[-1]
        if height % 2 or width % 2:
            image = graph.node("Pad", image, graph.indices(0, 0, 0, 0, 0, 0, height % 2, width % 2), mode="edge")
        mean = graph.node("AveragePool", image, kernel_shape=[2, 2], strides=[2, 2])
        half = graph.constant(0.5, FLOAT, "half")
        self.levels.append(graph.node("Floor", graph.node("Add", mean, half), name=f"image{level}"))
        self.sides.append(((height + 1) // 2, (width + 1) // 2))

    def _around(self, window: int, level: int, is_centred: bool) -> Value:
        """The image with its edges repeated so far that every pixel has a window; less 128 if `is_centred`."""
        key = (window, level, is_centred)
        if key not in self._padded:
            graph = self.graph
            before, behind = (window - 1) // 2, window // 2
            image = self.levels[level]
            if is_centred:
                image = graph.node("Sub", image, graph.constant(128, FLOAT, "grey"))
            if window > 1:
                pads = graph.indices(0, 0, before, before, 0, 0, behind, behind)
                image = graph.node("Pad", image, pads, mode="edge", name=f"image{level}_around")
            self._padded[key] = image
        return self._padded[key]

    def _numbers(self, signal: Signal, level: int) -> Value:
        """The numbers of a signal, N x S x H x W."""
        graph, name = self.graph, f"image{level}_signal"
        factors = signal.factors.transpose(0, 3, 1, 2)
        if signal.is_contrasted:
            sums = graph.convolution(self._around(signal.window, level, True), factors, largest=128, name=name)
            # floor(floor(sum / 32) * scale / 4096), which is beyond float32 in between.
            coarse = graph.node("Floor", graph.node("Mul", sums, graph.constant(1 / 32, FLOAT, "thirty_second")))
            product = graph.node("Mul", graph.cast(coarse, DOUBLE), self._scale(signal.window, level))
            scaled = graph.node("Floor", graph.node("Mul", product, graph.constant(1 / 4096, DOUBLE)))
            bounds = [graph.constant(bound, FLOAT, "bound") for bound in (-32_767, 32_767)]
            return graph.node("Clip", graph.cast(scaled, FLOAT), *bounds, name=name)
        if signal.is_learned:
            return graph.convolution(self._around(signal.window, level, False), factors, largest=255, name=name)
        if signal.window > 0:
            # w * w times the pixel less all pixels of the window.
            side = signal.window
            own = factors
            factors = np.repeat(np.repeat(-own, side, axis=2), side, axis=3)
            factors[:, :, side // 2, side // 2] += side * side * own[:, :, 0, 0]
        image = self._around(max(1, signal.window), level, False)
        return graph.convolution(image, factors, largest=255, name=name)

    def _scale(self, window: int, level: int) -> Value:
        """round(51,811 n / floor(root(n * squares - sum * sum + 30 n * n))) of every window, N x 1 x H x W."""
        key = (window, level)
        if key not in self._scales:
            graph, n = self.graph, window * window * self.network.channels
            around = self._around(window, level, True)
            ones = np.ones((1, self.network.channels, window, window), dtype=np.int64)
            squares = graph.convolution(graph.node("Mul", around, around), ones, largest=128 * 128, name="squares")
            total = graph.convolution(around, ones, largest=128, name="sum")
            squares, total = graph.cast(squares, DOUBLE), graph.cast(total, DOUBLE)
            scaled = graph.node("Mul", squares, graph.constant(n, DOUBLE))
            variance = graph.node("Sub", scaled, graph.node("Mul", total, total))
            shifted = graph.node("Add", variance, graph.constant(30 * n * n, DOUBLE))
            contrast = graph.cast(graph.node("Sqrt", shifted), INT64)
            half = graph.node("Div", contrast, graph.constant(2, INT64))
            whole = graph.node("Div", graph.node("Add", half, graph.constant(51_811 * n, INT64)), contrast)
            self._scales[key] = graph.node("Cast", whole, to=DOUBLE, type=DOUBLE, name=f"image{level}_scale")
        return self._scales[key]

    def _thermometer(self, signal: Signal, numbers: Value, level: int) -> Value:
        """The bits number > threshold, N x S * L x H x W."""
        graph, (height, width) = self.graph, self.sides[level]
        count, levels = signal.thresholds.shape
        thresholds = graph.constant(signal.thresholds.reshape(count, levels, 1, 1), numbers.type, "thresholds")
        above = graph.node("Greater", graph.node("Unsqueeze", numbers, graph.indices(2)), thresholds)
        bits = graph.node("Cast", above, to=FLOAT, type=FLOAT)
        return graph.reshape(bits, 0, count * levels, height, width, name=f"image{level}_code")
