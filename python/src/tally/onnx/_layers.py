"""One layer: distances, what the head makes of them, and the bits of the next layer's map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tally._model_file import MAJORITY, NO_REDUCTION, PLAIN, ROOT, Feature, Head, Layer
from tally.onnx._graph import DOUBLE, EXACT_DOUBLE, EXACT_FLOAT, FLOAT, INT64, Graph, Value

SCORE_BITS = 16
MOST_SUM = (1 << 24) - 1
MOST_DISTANCE = 65_535


class LayerGraph:
    """A layer at work on a map, N x bits x H x W zeros and ones."""

    def __init__(self, graph: Graph, layer: Layer, index: int, bits: Value, height: int, width: int) -> None:
        self.graph, self.layer, self.name = graph, layer, f"layer{index}"
        self.height, self.width = height, width
        self.distances = self._distances(bits)

    @property
    def largest_distance(self) -> int:
        """No distance is larger."""
        return min(MOST_DISTANCE, self.layer.patch_bits + self.layer.middle)

    def _distances(self, bits: Value) -> Value:
        """Popcounts of XOR, N x K x H x W: the filter's ones, and for every one of the patch 1 more where the filter has none, 1
        less where it has one. Beyond the map there are zeros."""
        graph, layer = self.graph, self.layer
        filters = layer.filters.astype(np.int64)
        masks = np.ones_like(filters) if layer.masks is None else layer.masks.astype(np.int64)
        ones, signs = filters * masks, (1 - 2 * filters) * masks
        border = ((layer.window - 1) // 2, layer.window // 2)
        distances = graph.convolution(
            bits,
            signs.transpose(0, 3, 1, 2),
            bias=ones.reshape(len(ones), -1).sum(axis=1),
            largest=1,
            border=border,
            groups=layer.groups,
            name=f"{self.name}_distances",
        )
        if not layer.is_centred:
            return distances
        # The sum over a group's filters, and so the mean, is again a convolution.
        own = len(filters) // layer.groups
        shape = (layer.groups, own, *filters.shape[1:])
        sums = graph.convolution(
            bits,
            signs.reshape(shape).sum(axis=1).transpose(0, 3, 1, 2),
            bias=ones.reshape(layer.groups, -1).sum(axis=1),
            largest=1,
            border=border,
            groups=layer.groups,
            name=f"{self.name}_sums",
        )
        mean = graph.node("Floor", graph.node("Div", graph.cast(sums, DOUBLE), graph.constant(own, DOUBLE)))
        raised = graph.node("Sub", graph.constant(layer.middle, FLOAT), graph.cast(mean, FLOAT))
        if layer.groups > 1:
            distances = graph.reshape(distances, 0, layer.groups, own, self.height, self.width)
            raised = graph.node("Unsqueeze", raised, graph.indices(2))
        distances = graph.node("Relu", graph.node("Add", distances, raised), name=f"{self.name}_centred")
        if layer.groups > 1:
            distances = graph.reshape(distances, 0, len(filters), self.height, self.width)
        if layer.patch_bits + layer.middle > MOST_DISTANCE:
            distances = graph.node("Min", distances, graph.constant(MOST_DISTANCE, FLOAT))
        return distances

    def _thresholds(self, feature: Feature) -> Value:
        return self.graph.constant(feature.thresholds.reshape(-1, 1, 1), FLOAT, f"{self.name}_thresholds")

    def _on(self, feature: Feature) -> Value:
        """Where a feature is on, as 0 and 1."""
        operator = "GreaterOrEqual" if feature.is_far else "LessOrEqual"
        return self.graph.node(
            "Cast", self.graph.node(operator, self.distances, self._thresholds(feature)), to=FLOAT, type=FLOAT
        )

    # The head

    def scores(self) -> Value | None:
        """The layer's scores, int64, N x C, 16 fractional bits; none without a head."""
        graph, head = self.graph, self.layer.head
        if head is None:
            return None
        counted = [feature for feature in self.layer.features if feature.is_counted]
        most = max(self._largest_sum(head, feature) for feature in counted)
        counts = [self._counts(head, feature, most) for feature in counted]
        joined = counts[0] if len(counts) == 1 else graph.node("Concat", *counts, axis=1)
        classes, cells, features, filters = head.weights.shape
        flat = graph.reshape(joined, 0, features * filters * cells, name=f"{self.name}_counts")
        weights = head.weights.transpose(2, 3, 1, 0).reshape(-1, classes)
        if head.counts == ROOT:
            most = int(np.floor(np.sqrt(256.0 * min(most, MOST_SUM))))
        largest = max(
            int(sizes) * most + abs(int(bias)) for sizes, bias in zip(np.abs(weights).sum(axis=0), head.bias, strict=True)
        )
        shift = head.scale - SCORE_BITS
        if largest << max(0, -shift) < EXACT_DOUBLE:
            total = graph.node("MatMul", graph.cast(flat, DOUBLE), graph.table(weights, DOUBLE, f"{self.name}_weights"))
            total = graph.node("Add", total, graph.constant(head.bias, DOUBLE, f"{self.name}_bias"))
            if shift != 0:
                total = graph.node("Mul", total, graph.constant(2.0**-shift, DOUBLE))
            if shift > 0:
                total = graph.node("Floor", total)
            return graph.node("Cast", total, to=INT64, type=INT64, name=f"{self.name}_scores")
        total = graph.node("MatMul", graph.cast(flat, INT64), graph.table(weights, INT64, f"{self.name}_weights"))
        total = graph.node("Add", total, graph.constant(head.bias, INT64, f"{self.name}_bias"), name=f"{self.name}_scores")
        return graph.floor_of_power(total, shift)

    def _largest_sum(self, head: Head, feature: Feature) -> int:
        """The most that the positions of a cell can add up to."""
        sides = [-(-head.span * side // head.grid) for side in (self.height, self.width)]
        if head.counts == PLAIN:
            return sides[0] * sides[1]
        far = self.largest_distance - int(feature.thresholds.min())
        return sides[0] * sides[1] * (max(0, far) if feature.is_far else int(feature.thresholds.max()))

    def _counts(self, head: Head, feature: Feature, most: int) -> Value:
        """What the head weighs of a feature, N x K x cells x cells."""
        graph = self.graph
        if head.counts == PLAIN:
            amounts = self._on(feature)
        else:
            pair = [self.distances, self._thresholds(feature)]
            if not feature.is_far:
                pair.reverse()
            amounts = graph.node("Relu", graph.node("Sub", *pair), name=f"{self.name}_margins")
        type = FLOAT if most < EXACT_FLOAT else DOUBLE
        columns = graph.constant(_cells(head, self.width), type, "columns")
        rows = graph.constant(_cells(head, self.height).T, type, "rows")
        sums = graph.node("MatMul", rows, graph.node("MatMul", graph.cast(amounts, type), columns), name=f"{self.name}_sums_of_cells")
        if head.counts != ROOT:
            return sums
        # floor(root(256 * sum)): float32 might round a root up to a whole number.
        bounded = graph.node("Min", graph.cast(sums, DOUBLE), graph.constant(MOST_SUM, DOUBLE))
        return graph.node("Floor", graph.node("Sqrt", graph.node("Mul", bounded, graph.constant(256, DOUBLE))))

    # The next layer

    def handed_on(self) -> list[Value]:
        """The features that the next layer gets, halved if the layer does that: each N x K x H x W."""
        return [self._halved(self._on(feature)) for feature in self.layer.features if feature.is_handed_on]

    def _halved(self, bits: Value) -> Value:
        graph, reduction = self.graph, self.layer.reduction
        if reduction == NO_REDUCTION:
            return bits
        if self.height % 2 or self.width % 2:
            bits = graph.node("Pad", bits, graph.indices(0, 0, 0, 0, 0, 0, self.height % 2, self.width % 2))
        if reduction != MAJORITY:
            return graph.node("MaxPool", bits, kernel_shape=[2, 2], strides=[2, 2])
        share = graph.node("AveragePool", bits, kernel_shape=[2, 2], strides=[2, 2])
        half = graph.constant(0.5, FLOAT, "half")
        return graph.node("Cast", graph.node("GreaterOrEqual", share, half), to=FLOAT, type=FLOAT)


def _cells(head: Head, positions: int) -> npt.NDArray[np.int64]:
    """Which positions along a side belong to which cell, positions x cells: square floor(y * grid / positions)."""
    square = np.arange(positions)[:, None] * head.grid // positions
    first = np.arange(head.side)[None, :]
    return ((first <= square) & (square < first + head.span)).astype(np.int64)
