"""A trained model as a transformer: predictions for a column of images."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa
from pyspark.ml.base import Model
from pyspark.ml.functions import array_to_vector
from pyspark.ml.linalg import VectorUDT
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReadable, MLReader, MLWritable, MLWriter
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import DoubleType, StringType, StructField, StructType

from .. import frames
from ..answers import FIELDS, Predict, hand_over
from ..errors import TallyError
from ..process import WorkerDied, WorkerFailed
from ..shipping import send_package, send_tally
from ..worker import Setup
from .params import TallyParams, context_of, start_own

MODEL_FILE = "model.tally"


class TallyClassificationModel(Model, TallyParams, MLWritable, MLReadable["TallyClassificationModel"]):
    """Predicts classes of images with a model of Tally.

    Adds columns: prediction (double, the label), rawPrediction (vector of scores, whole numbers), probability (vector;
    null where the model was trained without validation images), error (why there is no prediction). Vectors count in
    labels; a label that the model knows no class of has the score -Infinity and the probability 0.
    """

    labels: Param[Any] = Param(
        Params._dummy(),
        "labels",
        "the label of each class, in the order of the model's classes",
        typeConverter=TypeConverters.toListInt,
    )

    def __init__(self, content: bytes = b"", labels: list[int] | None = None) -> None:
        super().__init__()
        self.content = content
        self._about: dict[str, Any] | None = None
        if labels is not None:
            self._set(labels=labels)

    @classmethod
    def fromFile(cls, path: str, **params: Any) -> TallyClassificationModel:
        """A model that `tally train` wrote: RUN/model.tally. Labels are the places of its classes."""
        with open(path, "rb") as file:
            return cls(file.read()).setParams(**params)

    def setParams(self, **params: Any) -> TallyClassificationModel:
        """Sets params by name."""
        self._set(**params)
        return self

    @property
    def about(self) -> dict[str, Any]:
        """What the model takes and says: classes, width, height, channels, shares; version of its tally."""
        if self._about is None:
            try:
                worker = start_own(self.own_tally())
                try:
                    hand_over(worker, "", 0, self.content)
                    self._about = {**json.loads(worker.description), "version": worker.version}
                finally:
                    worker.end()
            except (WorkerFailed, WorkerDied, frames.FrameError) as error:
                raise TallyError(str(error)) from error
        return self._about

    @property
    def classes(self) -> list[str]:
        """The names of the classes by label; empty for a label without a class."""
        names = [""] * self.numClasses
        for label, name in zip(self.getLabels(), self.about["classes"], strict=True):
            names[label] = name
        return names

    @property
    def numClasses(self) -> int:
        """How long vectors are: the largest label and 1."""
        return max(self.getLabels()) + 1

    def getLabels(self) -> list[int]:
        """The label of each class, in the order of the model's classes."""
        if self.isDefined(self.labels):
            return list(self.getOrDefault(self.labels))
        return list(range(len(self.about["classes"])))

    def write_file(self, path: str) -> None:
        """Writes the model as a file for `tally`, on this machine."""
        with open(path, "wb") as file:
            file.write(self.content)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        images = self.image_column(dataset)
        outputs = [
            (self.getPredictionCol(), "prediction"),
            (self.getRawPredictionCol(), "rawPrediction"),
            (self.getProbabilityCol(), "probability"),
            (self.getErrorCol(), "error"),
        ]
        for name, _ in outputs:
            if name in dataset.columns:
                raise TallyError(f"there is a column {name!r} already; drop it, or give the new one another name")
        predict = self._predict(dataset.sparkSession)

        def answer(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
            return predict(batches)

        # Spark calls a deterministic function again below every filter; this one is worth one pass.
        function = cast(Any, arrow_udf)(answer, FIELDS).asNondeterministic()
        found = f"tally {self.uid}"
        column = F.col(f"`{found}`")
        table = dataset.withColumn(found, function(images))
        match self.getOrDefault(self.handleInvalid):
            case "skip":
                table = table.filter(column["error"].isNull())
            case "error":
                failure = F.raise_error(F.concat(F.lit("Tally: "), column["error"]))
                table = table.filter(F.when(column["error"].isNull(), True).otherwise(failure.cast("boolean")))
        for name, field in outputs:
            if not name:
                continue
            value = column[field]
            if field in ("rawPrediction", "probability"):
                value = F.when(value.isNotNull(), array_to_vector(value))
            table = table.withColumn(name, value)
        return table.drop(found)

    def transformSchema(self, schema: StructType) -> StructType:
        """The schema of what `transform` gives."""
        kinds = [
            (self.getPredictionCol(), DoubleType()),
            (self.getRawPredictionCol(), VectorUDT()),
            (self.getProbabilityCol(), VectorUDT()),
            (self.getErrorCol(), StringType()),
        ]
        return StructType([*schema.fields, *(StructField(name, kind) for name, kind in kinds if name)])

    def _predict(self, session: SparkSession) -> Predict:
        context, about = context_of(session), self.about
        labels = self.getLabels()
        if len(set(labels)) != len(about["classes"]) or len(labels) != len(about["classes"]) or min(labels) < 0:
            raise TallyError(f"labels has {labels}, but the model has {len(about['classes'])} classes")
        send_package(context)
        path = self.getWorker() or None
        sent = "" if path else send_tally(context, self.own_tally(), about["version"])
        effort = ["early", "full"].index(self.getEffort())
        return Predict(
            setup=Setup(version=about["version"], threads=1, path=path, sent=sent),
            name=f"{self.uid} {effort} {zlib.crc32(self.content)}",
            model=context.broadcast(self.content),
            effort=effort,
            classes=len(about["classes"]),
            has_shares=about["shares"],
            labels=tuple(labels),
        )

    def write(self) -> MLWriter:
        """A writer of params and the model file."""
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[TallyClassificationModel]:
        """A reader of what `write` wrote."""
        return _Reader(cls)


class _Writer(MLWriter):
    def __init__(self, instance: TallyClassificationModel) -> None:
        super().__init__()
        self.instance = instance

    def saveImpl(self, path: str) -> None:
        DefaultParamsWriter.saveMetadata(self.instance, path, self.sparkSession)
        with _file_system(self.sparkSession, path) as (system, place):
            stream = system.create(place, False)
            try:
                stream.write(bytearray(self.instance.content))
            finally:
                stream.close()


class _Reader(MLReader[TallyClassificationModel]):
    def __init__(self, cls: type[TallyClassificationModel]) -> None:
        super().__init__()
        self.cls = cls

    def load(self, path: str) -> TallyClassificationModel:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        with _file_system(self.sparkSession, path) as (system, place):
            stream = system.open(place)
            try:
                jvm = cast(Any, self.sparkSession)._jvm
                content = bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
            finally:
                stream.close()
        model = self.cls(content)
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model


@contextlib.contextmanager
def _file_system(session: SparkSession, path: str) -> Iterator[tuple[Any, Any]]:
    """Hadoop's file system of a folder, and the model's file in it."""
    context_of(session)
    jvm = cast(Any, session)._jvm
    place = jvm.org.apache.hadoop.fs.Path(path.rstrip("/") + "/" + MODEL_FILE)
    conf = cast(Any, session)._jsparkSession.sessionState().newHadoopConf()
    try:
        yield place.getFileSystem(conf), place
    except Exception as error:
        if "FileNotFoundException" in str(error):
            raise TallyError(f"{path}/{MODEL_FILE}: no such file; is this a saved TallyClassificationModel?") from error
        raise
