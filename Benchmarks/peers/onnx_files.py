"""Networks as ONNX files: float32 from folded weights, and int8 by ONNX Runtime's static quantisation."""

import logging
import os

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FORMATS = ("qdq", "qoperator")  # how the int8 file says it; ONNX Runtime's speed differs, its answers hardly


def path(folder, dataset, peer, build):
    """Where a build is kept; `peer` is the float network's."""
    return os.path.join(folder, f"{dataset}-{peer}-{build}.onnx")


def write_float(arrays, shape, file):
    """Convolution, ReLU, pooling, three times, and a linear layer; `shape` is that of an image, channels last."""
    nodes, last, parameters = [], "images", []

    def parameter(array):
        parameters.append(numpy_helper.from_array(numpy.ascontiguousarray(array), f"p{len(parameters)}"))
        return parameters[-1].name

    for layer, (weight, bias) in enumerate(zip(arrays[:-2:2], arrays[1:-2:2])):
        names = [f"{kind}{layer}" for kind in ("convolution", "relu", "pool")]
        inputs = [last, parameter(weight), parameter(bias)]
        nodes += [
            helper.make_node("Conv", inputs, [names[0]], names[0], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [names[0]], [names[1]], names[1]),
            helper.make_node("MaxPool", [names[1]], [names[2]], names[2], kernel_shape=[2, 2], strides=[2, 2])]
        last = names[2]
    nodes += [
        helper.make_node("Flatten", [last], ["flat"], "flatten"),
        helper.make_node("Gemm", ["flat", parameter(arrays[-2]), parameter(arrays[-1])], ["scores"], "linear", transB=1)]
    sides = [None, shape[2], shape[0], shape[1]]
    graph = helper.make_graph(
        nodes, "cnn", [helper.make_tensor_value_info("images", TensorProto.FLOAT, sides)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, len(arrays[-1])])], parameters)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)


def read_float(file):
    """The folded weights that a float32 file holds."""
    return [numpy_helper.to_array(p).copy() for p in onnx.load(file).graph.initializer]


def write_int8(float_file, form, images, file):
    """Quantises a float32 file: int8 weights with a scale for each channel, uint8 activations, calibrated on images (their
    least and greatest values)."""
    from onnxruntime import quantization

    # It asks for a pass that folds normalisation and infers shapes, both done already.
    logging.getLogger().setLevel(logging.ERROR)

    class Calibration(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = iter([images[i:i + 100] for i in range(0, len(images), 100)])

        def get_next(self):
            batch = next(self.batches, None)
            return None if batch is None else {"images": batch}

    formats = quantization.QuantFormat
    quantization.quantize_static(
        float_file, file, Calibration(), quant_format=formats.QDQ if form == "qdq" else formats.QOperator,
        per_channel=True, activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        calibrate_method=quantization.CalibrationMethod.MinMax)


def weight_bytes(file):
    """Bytes of all parameters of a file, without the graph's own."""
    return sum(numpy_helper.to_array(p).nbytes for p in onnx.load(file).graph.initializer)
