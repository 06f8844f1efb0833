"""Plans that between them have everything that a trained model can contain, for the tests of exporters."""

from typing import Any


def _layer(**parts: Any) -> dict[str, Any]:
    return {"filters": 8, "head": {"grid": 2}, "learner": "cluster", "cluster": {"rounds": 2}, **parts}


def _signal(source: str, window: int = 0, levels: int = 3, **more: Any) -> dict[str, Any]:
    return {"source": source, "window": window, "levels": levels, **more}


def _plan(encoder: dict[str, Any], *layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "odd", "encoder": encoder, "mergesPerPass": 2, "layers": list(layers), **more}


MEAN = {"grey": [_signal("mean"), _signal("mean", 3)], "colour": [_signal("mean", 5, 4)], "pyramid": False}
PYRAMID = {"grey": [_signal("whitened", 3), _signal("channels", 0, 2)], "colour": [_signal("whitened", 3)], "pyramid": True}
REFINE = {"passes": 1, "batch": 32}

# Name: plan, parameters of the classifier, and height, width and channels of the images.
ODD_MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[int, int, int]]] = {
    "every signal": (
        _plan(
            {
                "colour": [
                    *(_signal("channels", 0), _signal("channels", 5, 2), _signal("mean", 3), _signal("opponents")),
                    *(_signal("opponents", 7, 2), _signal("whitened", 5), _signal("patch", 2, 1), _signal("patch", 3, 2)),
                    *(_signal("components", 4, 2, components=5), _signal("components", 5, 3, components=2), _signal("mean")),
                ],
                "pyramid": False,
            },
            _layer(window=2),
        ),
        {},
        (9, 14, 3),
    ),
    "pyramid, halved by or and majority": (
        _plan(
            PYRAMID,
            _layer(reduction="or", window=3),
            _layer(reduction="majority", window=4, thresholds=["median", "far quantile 0.2"]),
            _layer(window=1),
        ),
        {},
        (11, 13, 1),
    ),
    "centred groups of filters": (
        _plan(
            {"grey": [_signal("components", 3, 4, components=4), _signal("components", 5, 4, components=4)], "pyramid": False},
            _layer(filters=10, window=1, groups=2, distances="centred", thresholds=["quantile 0.2", "far quantile 0.1"]),
        ),
        {},
        (12, 12, 1),
    ),
    "layers that look at signals of the image beside those before": (
        _plan(
            {
                "grey": [_signal("components", 3, 4, components=4), _signal("mean", 3, 2), _signal("components", 5, 4, components=4)],
                "pyramid": True,
            },
            _layer(signals=[2], window=1, thresholds=["quantile 0.2 for head", "far quantile 0.1 for head"]),
            _layer(signals=[0, 2], window=1, groups=2, distances="centred", reduction="or"),
            _layer(window=3),
            _layer(signals=[0, 1], window=2, head={"grid": 3}),
            exit={"early": True, "loss": 5, "mirror": True},
        ),
        {"validation": 0.3},
        (11, 13, 1),
    ),
    "refined, masked, roots on cells that overlap": (
        _plan(
            MEAN,
            _layer(
                filters=12,
                learner="refine",
                refine={**REFINE, "maskLevel": 0.4},
                distances="centred",
                head={"grid": 5, "span": 2, "counts": "root"},
                reduction="or",
            ),
            _layer(filters=9, learner="refine", refine=REFINE, head={"grid": 3, "span": 3, "counts": "soft"}),
        ),
        {},
        (12, 13, 3),
    ),
    "split, plain counts, features for one side": (
        _plan(
            MEAN,
            _layer(
                learner="split",
                mask=0.3,
                head={"grid": 4, "counts": "plain", "weightBits": 5},
                thresholds=["half for head", "far quantile 0.3 for next", "quantile 0.4", "far median for head"],
            ),
            _layer(learner="split", window=5, head={"grid": 1, "counts": "plain"}, thresholds=["far median", "half"]),
        ),
        {},
        (10, 12, 1),
    ),
    "early exits and a mirrored look": (
        _plan(MEAN, *[_layer(window=w) for w in (3, 1, 2)], exit={"early": True, "loss": 5, "mirror": True}),
        {"validation": 0.3},
        (12, 12, 1),
    ),
    "early exits": (
        _plan(MEAN, *[_layer(window=w) for w in (3, 1, 2)], exit={"early": True, "loss": 5}),
        {"validation": 0.3},
        (12, 12, 1),
    ),
    "a mirrored look, no shares": (_plan(MEAN, _layer(), exit={"mirror": True}), {"validation": 0.0}, (7, 12, 1)),
    "an image of one row": (_plan(MEAN, _layer(head={"grid": 1})), {}, (1, 40, 1)),
}
