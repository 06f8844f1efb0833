"""What training measured, in Python's words: from the JSON of the model file to fractions and names with underscores."""

from __future__ import annotations

import re
from typing import Any

# Scores, and so temperatures, have 16 fractional bits; the rest are millionths.
_SCORE_ONE, _MILLION = 65_536, 1_000_000


def plain(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary in plain units, see `TallyClassifier`."""
    result: dict[str, Any] = {
        "training_images": summary["trainingImages"],
        "validation_images": summary["validationImages"],
        "validation_fraction": summary["validationShare"] / _MILLION,
        "layers": [_layer(layer) for layer in summary["layers"]],
    }
    for key in ("folder", "groups"):
        if summary.get(key) is not None:
            result[key] = {
                _snake(name).replace("share", "fraction"): value / _MILLION if name.endswith("Share") else value
                for name, value in summary[key].items()
            }
    return result


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    images, answers, calibration = layer["images"], layer.get("answers"), layer.get("calibration")
    correct = layer["correctSum"] if answers is None else answers["correct"]
    result = {
        "layer": layer["layer"],
        "filters": layer["filters"],
        "patch_bits": layer["patchBits"],
        "part": "validation" if layer["isValidation"] else "training",
        "images": images,
        "correct": correct,
        "accuracy": correct / max(1, images),
        "accuracy_alone": layer["correctAlone"] / max(1, images),
    }
    if answers is not None:
        result["answered_after"] = answers["stops"]
    if calibration is not None:
        result["calibration"] = {
            "temperature": calibration["temperature"] / _SCORE_ONE,
            "log_loss_bits": calibration["loss"] / _MILLION,
            "error": calibration["error"] / _MILLION,
        }
    return result


def history(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """What a finished training says of its course: the end of each layer."""
    return [
        event("layer", layer["layer"], 1, 1, layer["images"], layer["accuracy"], layer["part"])
        for layer in summary["layers"]
    ]


def event(
    stage: str, layer: int | None, step: int, steps: int, images: int, accuracy: float | None, part: str
) -> dict[str, Any]:
    """An entry of `history_`."""
    return {
        "stage": stage,
        "layer": layer,
        "step": step,
        "steps": steps,
        "images": images,
        "accuracy": accuracy,
        "part": part,
    }


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter.group().lower(), name)
