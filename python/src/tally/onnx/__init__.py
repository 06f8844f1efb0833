"""Models as ONNX graphs that give the scores of ``tally predict``, bit for bit.

Needs the package onnx: ``pip install 'tally-classifier[onnx]'``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tally import _files, _model_file
from tally._classifier import TallyClassifier
from tally._library import Model

if TYPE_CHECKING:
    import onnx

__all__ = ["export", "to_onnx"]

# What a file of protocol buffers may have.
MOST_BYTES = (1 << 31) - 1


def to_onnx(model: TallyClassifier | str | os.PathLike[str]) -> onnx.ModelProto:
    """The graph of a fitted classifier, or of a model file: operators of opset 17, IR version 8.

    Input ``images``: uint8, N x H x W x C, N any number. Outputs ``scores``: int64, N x classes, as
    `TallyClassifier.scores` gives them, and ``shares``: float32, N x classes, calibrated probabilities; a model trained
    without validation images has no shares. The metadata holds ``classes`` (a JSON array, in the order of the scores),
    ``plan``, ``digest`` and ``tally_version``. A classifier's `pixel_range` is not part of the graph: it takes bytes.

    Raises ImportError without the package onnx; ValueError, FileNotFoundError or OSError for a file that is no model.
    """
    try:
        from tally.onnx import _network
    except ImportError as error:
        if error.name is None or error.name.split(".")[0] not in ("onnx", "google", "ml_dtypes"):
            raise
        raise ImportError(
            "the Python package onnx is missing; install it with: pip install onnx (or tally-classifier[onnx])"
        ) from error
    return _network.model_proto(_model_file.decode(_read(model).encode()))


def export(model: TallyClassifier | str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Writes the graph of `to_onnx` to a file, which appears only when it is whole; one of that name is replaced.

    Raises what `to_onnx` raises, OSError if the file cannot be written, ValueError if it would have 2 GiB or more.
    """
    proto: Any = to_onnx(model)
    size = proto.ByteSize()
    if size > MOST_BYTES:
        raise ValueError(f"the graph has {size} bytes, but an ONNX file has less than 2 GiB; train with fewer filters")
    _files.write(path, proto.SerializeToString(deterministic=True))


def _read(model: Any) -> Model:
    if isinstance(model, TallyClassifier):
        return model._fitted_model()
    if isinstance(model, str | os.PathLike):
        return Model.open(os.fspath(model))
    raise ValueError(f"model={model!r}: give a fitted TallyClassifier or the path of a model file")
