"""Params that the classifier and its model share, and the tally they work with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

from pyspark import SparkContext
from pyspark.ml.param import Param, TypeConverters
from pyspark.ml.param.shared import (
    HasFeaturesCol,
    HasHandleInvalid,
    HasLabelCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasRawPredictionCol,
)
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, StringType, StructType

from ..errors import TallyError
from ..process import Worker


def one_of(name: str, *values: str) -> Callable[[Any], str]:
    """A converter that takes some texts only."""

    def convert(value: Any) -> str:
        if value not in values:
            raise TypeError(f"{name} must be one of {', '.join(values)}, not {value!r}")
        return str(value)

    return convert


class TallyParams(
    HasFeaturesCol, HasHandleInvalid, HasLabelCol, HasPredictionCol, HasProbabilityCol, HasRawPredictionCol
):
    """Columns, and how images are predicted."""

    imageCol: Param[str] = Param(
        HasFeaturesCol._dummy(),
        "imageCol",
        "column of images: bytes of PNG, JPEG or WebP files, or a struct of them (bytes), or Spark's image schema; "
        "featuresCol is another name for it",
        typeConverter=TypeConverters.toString,
    )
    errorCol: Param[str] = Param(
        HasFeaturesCol._dummy(),
        "errorCol",
        "column that says why there is no prediction; null where there is one. Empty for no such column",
        typeConverter=TypeConverters.toString,
    )
    effort: Param[str] = Param(
        HasFeaturesCol._dummy(),
        "effort",
        "early: answer an image as soon as the model is sure; full: do everything for every image",
        typeConverter=one_of("effort", "early", "full"),
    )
    tally: Param[str] = Param(
        HasFeaturesCol._dummy(),
        "tally",
        "path of tally on the driver; empty for the one on the PATH",
        typeConverter=TypeConverters.toString,
    )
    worker: Param[str] = Param(
        HasFeaturesCol._dummy(),
        "worker",
        "path of tally on the executors; empty to send them the driver's",
        typeConverter=TypeConverters.toString,
    )

    handleInvalid: Param[str] = Param(
        HasFeaturesCol._dummy(),
        "handleInvalid",
        "images that cannot be read: keep (null prediction, and the reason in errorCol), skip (leave the row out), "
        "error (fail)",
        typeConverter=one_of("handleInvalid", "keep", "skip", "error"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(
            imageCol="image",
            featuresCol="image",
            errorCol="error",
            effort="early",
            tally="",
            worker="",
            handleInvalid="keep",
        )

    def getImageCol(self) -> str:
        """The column of images: imageCol, or featuresCol where only that is set."""
        by_features = self.isSet(self.featuresCol) and not self.isSet(self.imageCol)
        return str(self.getOrDefault(self.featuresCol if by_features else self.imageCol))

    def getErrorCol(self) -> str:
        """The column of errors."""
        return str(self.getOrDefault(self.errorCol))

    def getEffort(self) -> str:
        """early or full."""
        return str(self.getOrDefault(self.effort))

    def getTally(self) -> str:
        """The path of tally on the driver."""
        return str(self.getOrDefault(self.tally))

    def getWorker(self) -> str:
        """The path of tally on the executors."""
        return str(self.getOrDefault(self.worker))

    def own_tally(self) -> str:
        """The tally of this machine."""
        named = self.getTally()
        found = shutil.which(named or "tally")
        if found is None:
            where = f"{named}: no such program" if named else "there is no tally on the PATH"
            raise TallyError(f"{where}; build it in a clone of Tally with: make build, or name one with tally=")
        return os.path.abspath(found)

    def image_column(self, dataset: DataFrame) -> Column:
        """The images of a table: bytes of files, or Spark's image schema."""
        name = self.getImageCol()
        if name not in dataset.columns:
            raise TallyError(f"there is no column {name!r} for imageCol; there are: {', '.join(dataset.columns)}")
        kind, column = dataset.schema[name].dataType, F.col(f"`{name}`")
        if isinstance(kind, BinaryType):
            return column
        if isinstance(kind, StructType):
            if "bytes" in kind.names and isinstance(kind["bytes"].dataType, BinaryType):
                return column["bytes"]
            fields = ["width", "height", "mode", "data"]
            if all(field in kind.names for field in fields) and isinstance(kind["data"].dataType, BinaryType):
                return F.struct(*(column[field].alias(field) for field in fields))
        raise TallyError(
            f"the column {name!r} is {kind.simpleString()}, but images are binary (files), a struct with binary "
            "bytes, or Spark's image schema"
        )

    def path_column(self, dataset: DataFrame) -> Column:
        """What the images' files are called: beside their bytes, or in a column of their own as binaryFile has it."""
        name = self.getImageCol()
        kind = dataset.schema[name].dataType
        for field in ("path", "origin"):
            if isinstance(kind, StructType) and field in kind.names and isinstance(kind[field].dataType, StringType):
                return F.col(f"`{name}`")[field]
        if "path" in dataset.columns and isinstance(dataset.schema["path"].dataType, StringType):
            return F.col("path")
        return F.lit("")


def context_of(session: SparkSession) -> SparkContext:
    """The context of a session that has one."""
    if not hasattr(session, "_jsparkSession"):
        raise TallyError(
            "tally_spark.ml needs a classic Spark session; Spark Connect has no context to send tally with"
        )
    return session.sparkContext


def start_own(tally: str) -> Worker:
    """A worker on this machine."""
    return Worker([tally, "worker", "--threads", "1"], None)
