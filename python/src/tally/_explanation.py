"""Why a model takes an image for what it does, as arrays. The numbers are the library's; see `tally explain --json`."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tally import _files

# Scores have 16 fractional bits.
SCORE_ONE = 65_536


@dataclasses.dataclass(frozen=True, eq=False)
class LayerExplanation:
    """What one layer added, in log-odds; `lead` is its part of the class's score less that of the other class.

    Attributes
    ----------
    layer : int
        Index of the layer, from 0.
    score, lead : float
        What it added to the class's score, and to its lead over the other class.
    bias_lead : float
        The part of the lead that no place of the image decides.
    by_position : ndarray of shape (rows, columns)
        The lead by the places of the layer's map, of which each stands for `pixels` x `pixels` pixels.
    by_filter : ndarray of shape (n_filters,)
        The lead by the layer's filters.
    pixels : int
        Pixels along each side of a place.
    """

    layer: int
    score: float
    lead: float
    bias_lead: float
    by_position: npt.NDArray[np.float64]
    by_filter: npt.NDArray[np.float64]
    pixels: int


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """Why an image was taken for a class and not for another; made by `TallyClassifier.explain`. Scores are log-odds.

    Attributes
    ----------
    label, against : labels as in `classes_`
        The class that is explained, and the one it is compared with; None without another one.
    scores : ndarray of shape (n_classes,)
        The scores of all classes, in the order of `classes_`.
    score, lead : float
        The score of `label`, and by how much it is above that of `against`.
    layers : list of LayerExplanation
        What every layer with a head added.
    heat_map : ndarray of shape (height, width)
        The lead by pixels: positive where the image speaks for `label`. With the layers' `bias_lead` it adds up to `lead`.
    numbers : dict
        All that ``tally explain --json`` says: the exact whole numbers.
    """

    label: Any
    against: Any
    scores: npt.NDArray[np.float64]
    score: float
    lead: float
    layers: list[LayerExplanation]
    heat_map: npt.NDArray[np.float64]
    numbers: dict[str, Any] = dataclasses.field(repr=False)
    _page: Callable[[], str] = dataclasses.field(repr=False)

    def __repr__(self) -> str:
        other = "" if self.against is None else f", {self.lead:+.2f} against {self.against!r}"
        return f"<Explanation: {self.label!r} {self.score:.2f}{other}>"

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The page of ``tally explain --out``, written to a file if there is a path, else returned."""
        page = self._page()
        if path is None:
            return page
        _files.write(path, page.encode("utf-8"))
        return None


def explanation(numbers: dict[str, Any], names: list[str], labels: npt.NDArray[Any], page: Callable[[], str]) -> Explanation:
    """The explanation that the JSON of `tally explain` holds."""
    by_name = dict(zip(names, labels.tolist(), strict=True))
    scores = {entry["name"]: entry["score"] for entry in numbers["scores"]}
    height, width = numbers["height"], numbers["width"]
    heat_map = np.zeros((height, width))
    layers = []
    for layer in numbers["layers"]:
        unit, lead = 2.0 ** -layer["scale"], layer.get("lead") or layer["own"]
        places = np.array(lead["byPosition"], dtype=np.float64).reshape(layer["height"], layer["width"]) * unit
        layers.append(
            LayerExplanation(
                layer=layer["layer"],
                score=layer["own"]["score"] / SCORE_ONE,
                lead=lead["score"] / SCORE_ONE,
                bias_lead=lead["bias"] * unit,
                by_position=places,
                by_filter=np.array(lead["byFilter"], dtype=np.float64) * unit,
                pixels=layer["pixels"],
            )
        )
        heat_map += _spread(places, layer["pixels"], height, width)
    against = numbers.get("against")
    return Explanation(
        label=by_name[numbers["class"]],
        against=None if against is None else by_name[against],
        scores=np.array([scores[name] for name in names]) / SCORE_ONE,
        score=numbers["score"] / SCORE_ONE,
        lead=numbers.get("lead", numbers["score"]) / SCORE_ONE,
        layers=layers,
        heat_map=heat_map,
        numbers=numbers,
        _page=page,
    )


def _spread(places: npt.NDArray[np.float64], side: int, height: int, width: int) -> npt.NDArray[np.float64]:
    """Places shared out evenly among the pixels that they stand for."""
    rows = np.minimum(np.arange(height) // side, places.shape[0] - 1)
    columns = np.minimum(np.arange(width) // side, places.shape[1] - 1)
    pixels = np.outer(np.bincount(rows, minlength=places.shape[0]), np.bincount(columns, minlength=places.shape[1]))
    spread: npt.NDArray[np.float64] = (places / pixels)[np.ix_(rows, columns)]
    return spread
