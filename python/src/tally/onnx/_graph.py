"""A graph while it is built: nodes, constants, and the one sum that needs care, an exact convolution.

Tensors are N x channels x H x W floats that hold whole numbers. float32 adds these exactly, in any order, as long as no
partial sum reaches 2**24; what may go beyond that is added up in parts, as doubles, which are exact below 2**53.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

EXACT_FLOAT = 1 << 24
EXACT_DOUBLE = 1 << 53

FLOAT, DOUBLE, INT64 = int(TensorProto.FLOAT), int(TensorProto.DOUBLE), int(TensorProto.INT64)
_NUMPY = {FLOAT: np.float32, DOUBLE: np.float64, INT64: np.int64}


class Value(str):
    """The name of a tensor, with the type of its elements."""

    type: int

    def __new__(cls, name: str, type: int) -> Value:
        value = super().__new__(cls, name)
        value.type = type
        return value


class Graph:
    """Nodes and constants; equal constants are kept once."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._names: dict[str, int] = {}

    def node(self, operator: str, *inputs: str, name: str = "", type: int | None = None, **attributes: Any) -> Value:
        """Adds a node with one output, whose elements are of the first input's type unless told otherwise."""
        return self.nodes_of(operator, *inputs, name=name, type=type, outputs=1, **attributes)[0]

    def nodes_of(
        self, operator: str, *inputs: str, name: str = "", type: int | None = None, outputs: int, **attributes: Any
    ) -> list[Value]:
        """Adds a node with several outputs of one type."""
        names = [self._unused(name or operator.lower()) for _ in range(outputs)]
        if type is None:
            assert isinstance(inputs[0], Value)
            type = inputs[0].type
        values = [Value(name, type) for name in names]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=names[0], **attributes))
        return values

    def constant(self, array: Any, type: int, name: str = "constant") -> Value:
        """A constant of a type."""
        return Value(self._initializer(np.asarray(array, dtype=_NUMPY[type]), name), type)

    def indices(self, *numbers: int) -> Value:
        """Whole numbers that describe a shape, axes or places."""
        return self.constant(np.array(numbers), INT64, "_".join(map(str, numbers)).replace("-", "m"))

    def table(self, array: npt.NDArray[Any], type: int, name: str) -> Value:
        """A large constant of whole numbers, kept in as few bytes as they take."""
        for narrow in (np.int8, np.int16):
            if array.size and np.iinfo(narrow).min <= array.min() and array.max() <= np.iinfo(narrow).max:
                return self.node("Cast", self._initializer(array.astype(narrow), f"{name}_table"), to=type, type=type, name=name)
        return self.constant(array, type, name)

    def cast(self, value: Value, type: int) -> Value:
        """The value in a type."""
        return value if value.type == type else self.node("Cast", value, to=type, type=type)

    def reshape(self, value: Value, *shape: int, name: str = "") -> Value:
        """The value in a shape; 0 keeps a size."""
        return self.node("Reshape", value, self.indices(*shape), name=name)

    def convolution(
        self,
        value: Value,
        weights: npt.NDArray[Any],
        *,
        largest: int,
        bias: npt.NDArray[Any] | None = None,
        border: tuple[int, int] = (0, 0),
        groups: int = 1,
        name: str,
    ) -> Value:
        """The exact convolution of whole numbers of at most `largest` with whole weights, O x I x h x w.

        border: zeros before and behind rows and columns. The result is double where float32 might not be exact.
        """
        rows = weights.reshape(len(weights), -1)
        sizes = np.abs(rows)
        most = int((sizes.sum(axis=1) * largest + (0 if bias is None else np.abs(bias))).max())
        attributes: dict[str, Any] = {}
        if border != (0, 0):
            attributes["pads"] = [border[0], border[0], border[1], border[1]]
        if groups > 1:
            attributes["group"] = groups

        def run(part: npt.NDArray[Any], bias: npt.NDArray[Any] | None) -> Value:
            table = self.table(part.reshape(weights.shape), FLOAT, f"{name}_weights")
            inputs = [table] if bias is None else [table, self.constant(bias, FLOAT, f"{name}_bias")]
            return self.node("Conv", value, *inputs, name=name, **attributes)

        if most < EXACT_FLOAT:
            return run(rows, bias)
        # Weights one after the other, until the next one might make the sum too large: each part then stays below that.
        limit = (EXACT_FLOAT - 1) // largest - int(sizes.max())
        parts = (np.cumsum(sizes, axis=1) - 1).clip(0) // limit
        total: Value | None = None if bias is None else self.constant(bias.reshape(-1, 1, 1), DOUBLE, f"{name}_bias")
        for i in range(int(parts.max()) + 1):
            part = self.cast(run(np.where(parts == i, rows, 0), None), DOUBLE)
            total = part if total is None else self.node("Add", part, total, name=name)
        assert total is not None
        return total

    def floor_of_power(self, value: Value, bits: int) -> Value:
        """Whole numbers of 64 bits divided by 2**bits, rounded down; multiplied where `bits` is negative."""
        if bits == 0:
            return value
        power = self.constant(1 << abs(bits), INT64)
        if bits < 0:
            return self.node("Mul", value, power)
        # Div rounds towards zero; Mod has the sign of the divisor.
        return self.node("Div", self.node("Sub", value, self.node("Mod", value, power)), power)

    def _initializer(self, array: npt.NDArray[Any], name: str) -> str:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self._unused(name)
            self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), self._constants[key]))
        return self._constants[key]

    def _unused(self, name: str) -> str:
        count = self._names.get(name, 0)
        self._names[name] = count + 1
        return name if count == 0 else self._unused(f"{name}_{count}")
