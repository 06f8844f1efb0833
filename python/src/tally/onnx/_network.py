"""The whole graph: images in, scores and shares out, and what the file says about itself."""

from __future__ import annotations

import json
import math

import onnx
from onnx import TensorProto, helper

import tally
from tally._model_file import NO_EXIT, NO_REDUCTION, Network
from tally.onnx._encoder import Images
from tally.onnx._graph import DOUBLE, FLOAT, INT64, Graph, Value
from tally.onnx._layers import LayerGraph

OPSET = 17
# The first IR version with this opset; runtimes of 2022 read it.
IR_VERSION = 8


def model_proto(network: Network) -> onnx.ModelProto:
    """The ONNX model of a network."""
    graph = Graph()
    scores = _scores(graph, network)
    graph.node("Identity", scores, name="scores")
    classes = len(network.class_names)
    outputs = [
        helper.make_tensor_value_info("scores", INT64, ["N", classes], "the whole numbers of tally predict; unit 2**-16")
    ]
    if network.temperature is not None:
        _shares(graph, scores, network.temperature)
        outputs.append(
            helper.make_tensor_value_info("shares", FLOAT, ["N", classes], "calibrated probabilities of the classes")
        )
    images = helper.make_tensor_value_info(
        "images",
        TensorProto.UINT8,
        ["N", network.height, network.width, network.channels],
        "pixels as they are, row by row, channels last",
    )
    model = helper.make_model(
        helper.make_graph(graph.nodes, "tally", [images], outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tally",
        producer_version=tally.__version__,
    )
    helper.set_model_props(
        model,
        {
            "classes": json.dumps(network.class_names, ensure_ascii=False),
            "plan": network.plan,
            "digest": f"0x{network.digest:016x}",
            "tally_version": tally.__version__,
        },
    )
    return model


def _scores(graph: Graph, network: Network) -> Value:
    """The scores of every image, answered where the network answers it."""
    pixels = Value("images", int(TensorProto.UINT8))
    if network.mirrors:
        ends = [graph.indices(number) for number in (-1, -(1 << 31), 2, -1)]
        mirrored = graph.node("Slice", pixels, *ends, name="mirrored")
        pixels = graph.node("Concat", pixels, mirrored, axis=0, name="looks")
    image = graph.node("Transpose", graph.cast(pixels, FLOAT), perm=[0, 3, 1, 2], name="image0")
    sums = _sums(graph, network, image)
    looks = _looks(graph, sums[-1] if sums else None, network)
    answer = looks[0]
    if network.mirrors:
        answer = graph.floor_of_power(graph.node("Add", *looks), 1)
    for layer, total in reversed(list(zip(network.layers, sums, strict=True))):
        if layer.exit != NO_EXIT:
            first = _looks(graph, total, network)[0]
            answer = _answered(graph, first, layer.exit, answer, len(network.class_names))
    return answer


def _looks(graph: Graph, total: Value | None, network: Network) -> list[Value]:
    """Summed scores of the look, or of both of them."""
    if total is None:
        return [_zeros(graph, network)] * (2 if network.mirrors else 1)
    return graph.nodes_of("Split", total, axis=0, outputs=2) if network.mirrors else [total]


def _sums(graph: Graph, network: Network, image: Value) -> list[Value | None]:
    """The scores summed up to every layer; none before the first head."""
    images = Images(graph, image, network)
    height, width, level = network.height, network.width, 0
    handed_on: list[Value] = []
    total = None
    sums: list[Value | None] = []
    for index, layer in enumerate(network.layers):
        if index == 0 or layer.signals is not None:
            height, width, level = network.height, network.width, 0
            bits = images.bits(0, layer.signals)
        else:
            bits = handed_on[0] if len(handed_on) == 1 else graph.node("Concat", *handed_on, axis=1, name=f"layer{index}_bits")
        run = LayerGraph(graph, layer, index, bits, height, width)
        scores = run.scores()
        if scores is not None:
            total = scores if total is None else graph.node("Add", total, scores, name="total")
        sums.append(total)
        if index + 1 == len(network.layers) or network.layers[index + 1].signals is not None:
            continue
        handed_on = run.handed_on()
        if layer.reduction != NO_REDUCTION:
            height, width, level = (height + 1) // 2, (width + 1) // 2, level + 1
            if network.has_pyramid and level < len(network.signals):
                handed_on.append(images.bits(level))
    return sums


def _answered(graph: Graph, scores: Value, lead: int, other: Value, classes: int) -> Value:
    """The scores where the highest of them leads the second by so much, the others' elsewhere."""
    if classes == 1:
        return scores
    names = [Value(name, INT64) for name in graph.nodes_of("TopK", scores, graph.indices(2), axis=1, outputs=2)]
    first, second = graph.nodes_of("Split", names[0], axis=1, outputs=2)
    leads = graph.node("GreaterOrEqual", graph.node("Sub", first, second), graph.constant(lead, INT64))
    return graph.node("Where", leads, scores, other, type=INT64, name="answered")


def _zeros(graph: Graph, network: Network) -> Value:
    """Scores that say nothing, for as many images as there are."""
    count = graph.node("Shape", "images", type=INT64, start=0, end=1)
    shape = graph.node("Concat", count, graph.indices(len(network.class_names)), axis=0)
    zero = helper.make_tensor("zero", INT64, [1], [0])
    return graph.node("ConstantOfShape", shape, value=zero, type=INT64, name="zeros")


def _shares(graph: Graph, scores: Value, temperature: int) -> None:
    """2**(score / temperature) over the sum of that of all classes."""
    scaled = graph.node("Mul", graph.cast(scores, DOUBLE), graph.constant(math.log(2) / temperature, DOUBLE))
    graph.node("Cast", graph.node("Softmax", scaled, axis=1), to=FLOAT, type=FLOAT, name="shares")
