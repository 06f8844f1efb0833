"""The estimator: images of a table to `tally train`, and its model back."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark import keyword_only
from pyspark.ml.base import Estimator
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasSeed
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType, StructType

from ..errors import TallyError
from ..image_list import ENDING, ImageListWriter
from ..labels import Labels, Numbers, Texts
from .model import TallyClassificationModel
from .params import TallyParams
from .pictures import png


def _text(name: str, doc: str) -> Param[str]:
    return Param(Params._dummy(), name, doc, typeConverter=TypeConverters.toString)


class TallyClassifier(
    Estimator[TallyClassificationModel],
    TallyParams,
    HasSeed,
    DefaultParamsReadable["TallyClassifier"],
    DefaultParamsWritable,
):
    """Trains a classifier of images with `tally train`.

    The model is the one that the command gives with `--test 0` for the same images in the same order: those of a folder
    in the order of their classes and names, those of a Parquet file in the order of its rows. Training runs on the
    driver, where the images go to a temporary file, row by row; for more images than a machine holds, write shards with
    `tally shard` and train with `tally train --engine spark`.

    Labels are whole numbers from 0, as `StringIndexer` makes them (classes then have the texts for names), or texts,
    whose label is their place in the order of their bytes.
    """

    # What `keyword_only` notes.
    _input_kwargs: dict[str, Any]

    plan: Param[str] = _text("plan", "a named plan (quick, standard, ...), a plan file, or a plan as JSON")
    settings: Param[list[str]] = Param(
        Params._dummy(), "settings", "settings of the plan, key=value", typeConverter=TypeConverters.toListString
    )
    validation: Param[float] = Param(
        Params._dummy(),
        "validation",
        "fraction held out for validation, 0 to 0.9; with 0 the model has no probabilities",
        typeConverter=TypeConverters.toFloat,
    )
    size: Param[str] = _text("size", "side or WIDTHxHEIGHT that images are fitted to; empty: chosen by their median")
    colour: Param[str] = _text("colour", "grey or rgb; empty: grey if all images are")
    balance: Param[bool] = Param(
        Params._dummy(),
        "balance",
        "train on rare classes as often as on frequent ones",
        typeConverter=TypeConverters.toBoolean,
    )
    threads: Param[int] = Param(
        Params._dummy(), "threads", "threads on the driver; 0: all cores", typeConverter=TypeConverters.toInt
    )

    @keyword_only
    def __init__(
        self,
        *,
        imageCol: str = "image",
        labelCol: str = "label",
        featuresCol: str = "image",
        predictionCol: str = "prediction",
        rawPredictionCol: str = "rawPrediction",
        probabilityCol: str = "probability",
        errorCol: str = "error",
        handleInvalid: str = "keep",
        plan: str = "quick",
        settings: list[str] | None = None,
        seed: int = 1,
        validation: float = 0.1,
        size: str = "",
        colour: str = "",
        balance: bool = False,
        effort: str = "early",
        threads: int = 0,
        tally: str = "",
        worker: str = "",
    ) -> None:
        super().__init__()
        self._setDefault(
            plan="quick", settings=[], seed=1, validation=0.1, size="", colour="", balance=False, threads=0
        )
        self._set(**self._input_kwargs)

    @keyword_only
    def setParams(self, **params: Any) -> TallyClassifier:
        """Sets params by name."""
        self._set(**params)
        return self

    def _fit(self, dataset: DataFrame) -> TallyClassificationModel:
        tally = self.own_tally()
        labels = self._labels(dataset)
        with tempfile.TemporaryDirectory(prefix="tally-") as place:
            folder = Path(place)
            images = folder / f"images{ENDING}"
            with ImageListWriter(images, "images", labels.order) as writer:
                for image, label, path in self._rows(dataset):
                    writer.add(image, labels.class_of(label), path.rsplit("/", 1)[-1])
            if writer.count == 0:
                raise TallyError("there are no rows to learn from")
            _run(self._command(tally, images, folder))
            content = (folder / "run" / "model.tally").read_bytes()
        model = TallyClassificationModel(content)
        self._copyValues(model)
        return model._set(labels=[labels.label_of(name, at) for at, name in enumerate(model.about["classes"])])

    def _rows(self, dataset: DataFrame) -> Iterator[tuple[bytes | None, Any, str]]:
        """Images as files, labels, paths where the table knows some; a partition at a time."""
        images = self.image_column(dataset).alias("image")
        path = self.path_column(dataset).alias("path")
        table = dataset.select(images, F.col(f"`{self.getLabelCol()}`").alias("label"), path)
        is_picture = isinstance(table.schema["image"].dataType, StructType)
        for image, label, named in table.toLocalIterator(prefetchPartitions=False):
            content = png(image) if is_picture and image is not None else image
            yield None if content is None else bytes(content), label, named or ""

    def _labels(self, dataset: DataFrame) -> Labels:
        name = self.getLabelCol()
        if name not in dataset.columns:
            raise TallyError(f"there is no column {name!r} for labelCol; there are: {', '.join(dataset.columns)}")
        field = dataset.schema[name]
        if isinstance(field.dataType, StringType):
            return Texts(name)
        if not isinstance(field.dataType, NumericType):
            raise TallyError(f"the column {name!r} is {field.dataType.simpleString()}, but labels are numbers or texts")
        # StringIndexer notes which text each number stands for.
        return Numbers(name, [str(value) for value in field.metadata.get("ml_attr", {}).get("vals", [])])

    def _command(self, tally: str, images: Path, folder: Path) -> list[str]:
        plan = self.getOrDefault(self.plan)
        if plan.lstrip().startswith("{"):
            (folder / "plan.json").write_text(plan)
            plan = str(folder / "plan.json")
        command = [tally, "train", "--quiet", "--data", str(images), "--out", str(folder / "run"), "--plan", plan]
        command += ["--seed", str(self.getSeed()), f"--validation={self.getOrDefault(self.validation):.6f}"]
        # All rows are there to learn from: to judge by are those that were never given.
        command += ["--test", "0"]
        for option in ("size", "colour"):
            if value := self.getOrDefault(getattr(self, option)):
                command += [f"--{option}", value]
        if threads := self.getOrDefault(self.threads):
            command += ["--threads", str(threads)]
        if self.getOrDefault(self.balance):
            command.append("--balance")
        for setting in self.getOrDefault(self.settings):
            command += ["--set", setting]
        return command


def _run(command: list[str]) -> None:
    """Runs the command; what it warns of is warned of here."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 0:
        last = lines[-1].removeprefix("error: ") if lines else f"exit code {done.returncode}"
        raise TallyError(f"tally train: {last}")
    for line in lines:
        warnings.warn(line.removeprefix("warning: "), stacklevel=4)
