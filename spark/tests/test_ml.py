"""Pipelines of Spark: the command's models and predictions, broken images, tuning, saving."""

from __future__ import annotations

import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import PLAN
from pictures import CLASSES, stripes, write_folder
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.feature import StringIndexer
from pyspark.ml.tuning import CrossValidator, CrossValidatorModel, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tally_spark.errors import TallyError
from tally_spark.ml import TallyClassificationModel, TallyClassifier

LEARNED, JUDGED = 60, 20


@dataclass
class Stripes:
    """Folders of pictures, the command's model of one, its plan."""

    folder: Path
    tally: str
    model: bytes

    @property
    def learned(self) -> Path:
        return self.folder / "learned"

    @property
    def judged(self) -> Path:
        return self.folder / "judged"

    @property
    def model_file(self) -> Path:
        return self.folder / "run" / "model.tally"

    def params(self, **more: Any) -> dict[str, Any]:
        return {"plan": json.dumps(PLAN), "seed": 3, "tally": self.tally, "imageCol": "content", **more}


@pytest.fixture(scope="session")
def session() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    for key in ("host", "bindAddress"):
        builder = builder.config(f"spark.driver.{key}", "127.0.0.1")
    spark = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    yield spark
    spark.stop()


@pytest.fixture(scope="session")
def striped(tmp_path_factory: pytest.TempPathFactory) -> Stripes:
    folder = tmp_path_factory.mktemp("stripes")
    write_folder(folder / "learned", LEARNED, seed=1)
    write_folder(folder / "judged", JUDGED, seed=2)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    tally = os.environ["TALLY_TOOL"]
    options = ["--data", "learned", "--plan", "plan.json", "--seed", "3", "--test", "0", "--out", "run", "--quiet"]
    subprocess.run([tally, "train", *options], cwd=folder, check=True)
    return Stripes(folder, tally, (folder / "run" / "model.tally").read_bytes())


def files(session: SparkSession, folder: Path) -> DataFrame:
    """The pictures of class folders, in the order of their names, with their classes."""
    table = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(str(folder))
    return table.select("path", "content", F.element_at(F.split("path", "/"), -2).alias("label")).orderBy("path")


def model(striped: Stripes, **params: Any) -> TallyClassificationModel:
    return TallyClassificationModel.fromFile(
        str(striped.model_file), tally=striped.tally, **{"imageCol": "content", **params}
    )


def predictions(striped: Stripes, folder: Path) -> dict[str, dict[str, Any]]:
    """What the command says of every file below a folder, by path."""
    command = [striped.tally, "predict", "--json", "--top", "9", str(striped.model_file), "-"]
    paths = "\n".join(str(path) for path in sorted(folder.rglob("*.png")))
    said = subprocess.run(command, input=paths, capture_output=True, text=True, check=True).stdout
    return {row["path"]: {guess["name"]: guess for guess in row["classes"]} for row in json.loads(said)}


def check(rows: list[Any], expected: dict[str, dict[str, Any]]) -> None:
    """Compares rows with a path with what the command says: every score and share of every image."""
    assert len(rows) == len(expected) > 0
    for row in rows:
        guesses = expected[row["path"].removeprefix("file:").replace("///", "/")]
        scores = [guesses[name]["score"] for name in CLASSES]
        assert list(row["rawPrediction"]) == scores
        assert list(row["probability"]) == [guesses[name]["share"] for name in CLASSES]
        assert row["prediction"] == scores.index(max(scores)) and row["error"] is None


def test_fit_gives_the_commands_model(session: SparkSession, striped: Stripes) -> None:
    table = files(session, striped.learned)
    fitted = TallyClassifier(**striped.params()).fit(table)
    assert fitted.content == striped.model
    assert fitted.classes == list(CLASSES) and fitted.numClasses == 3
    indexed = StringIndexer(inputCol="label", outputCol="number", stringOrderType="alphabetAsc").fit(table)
    fitted = TallyClassifier(**striped.params(labelCol="number")).fit(indexed.transform(table))
    assert fitted.content == striped.model and fitted.getLabels() == [0, 1, 2]
    # Pictures without their files, in the column that features are in elsewhere.
    pictures = session.read.format("image").option("recursiveFileLookup", "true").load(str(striped.learned))
    pictures = pictures.select("image", F.element_at(F.split("image.origin", "/"), -2).alias("label"))
    params = striped.params(featuresCol="image")
    del params["imageCol"]
    fitted = TallyClassifier(**params).fit(pictures.orderBy("image.origin"))
    assert fitted.content == striped.model


def test_predictions_are_the_commands(session: SparkSession, striped: Stripes) -> None:
    expected = predictions(striped, striped.judged)
    table = files(session, striped.judged)
    check(model(striped).transform(table).collect(), expected)
    wrapped = table.withColumn("content", F.struct(F.col("content").alias("bytes"), F.col("path").alias("path")))
    check(model(striped).transform(wrapped.repartition(3)).collect(), expected)
    pictures = session.read.format("image").option("recursiveFileLookup", "true").load(str(striped.judged))
    pictures = pictures.withColumn("path", F.col("image.origin"))
    check(model(striped, imageCol="image").transform(pictures).collect(), expected)
    # Renamed, and without the error.
    named = model(striped, predictionCol="p", rawPredictionCol="r", probabilityCol="q", errorCol="").transform(table)
    assert named.columns == ["path", "content", "label", "p", "r", "q"]
    assert model(striped).transformSchema(table.schema).names == model(striped).transform(table).columns


def test_every_image_is_predicted_once(session: SparkSession, striped: Stripes) -> None:
    table = model(striped, handleInvalid="skip").transform(files(session, striped.judged))
    chosen = table.filter("prediction = 1").select("probability", "rawPrediction")
    plan = str(chosen._jdf.queryExecution().executedPlan().toString())
    assert plan.count("ArrowEvalPython") == 1


def test_broken_images_are_null(session: SparkSession, striped: Stripes) -> None:
    whole = stripes("down", random.Random(5))
    broken = {"none": None, "empty": b"", "text": b"no picture", "cut": whole[: len(whole) // 2]}
    rows = [(name, None if content is None else bytearray(content)) for name, content in broken.items()]
    table = session.createDataFrame([("whole", bytearray(whole)), *rows], "name string, content binary")
    found = {row["name"]: row for row in model(striped).transform(table).collect()}
    assert found["whole"]["prediction"] == 1.0 and found["whole"]["error"] is None
    for name, word in {"none": "null", "empty": "empty", "text": "none of PNG", "cut": "PNG"}.items():
        row = found[name]
        assert row["prediction"] is row["rawPrediction"] is row["probability"] is None
        assert word in row["error"] and "\n" not in row["error"]
    skipped = model(striped, handleInvalid="skip").transform(table)
    assert [row["name"] for row in skipped.collect()] == ["whole"]
    with pytest.raises(Exception, match="Tally: the image: "):
        model(striped, handleInvalid="error").transform(table).collect()
    # Pictures that contradict themselves, and kinds of pictures that are not read.
    pictures = [
        (16, 4, 4, bytearray(48)),
        (16, 4, 4, bytearray(47)),
        (-1, -1, -1, bytearray()),
        (21, 1, 1, bytearray(4)),
    ]
    schema = "image struct<mode int, width int, height int, data binary>"
    drawn = session.createDataFrame([(picture,) for picture in [*pictures, None]], schema)
    errors = [row["error"] for row in model(striped, imageCol="image").transform(drawn).collect()]
    assert errors[0] is None and all(errors[1:]) and "47 bytes" in errors[1] and "null" in errors[4]


def test_no_rows(session: SparkSession, striped: Stripes) -> None:
    table = session.createDataFrame([], "content binary, label string")
    assert model(striped).transform(table).collect() == []
    with pytest.raises(TallyError, match="no rows"):
        TallyClassifier(**striped.params()).fit(table)


PROXY = """#!{python}
import os, subprocess, sys
sys.path.insert(0, {package!r})
from tally_spark import frames
from tally_spark.frames import Kind
real = subprocess.Popen([{tally!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
answer = frames.receive(real.stdout)
frames.send(sys.stdout.buffer, answer.kind, answer.payload)
while frame := frames.receive(sys.stdin.buffer):
    token = {token!r}
    if frame.kind == Kind.IMAGES and (b"POISON" in frame.payload or os.path.exists(token)):
        if os.path.exists(token):
            os.remove(token)
        os.kill(os.getpid(), 9)
    frames.send(real.stdin, frame.kind, frame.payload)
    answer = frames.receive(real.stdout)
    frames.send(sys.stdout.buffer, answer.kind, answer.payload)
"""


def proxy(striped: Stripes, folder: Path) -> tuple[Path, Path]:
    """A worker that dies of images that hold POISON, and once of any while there is a token."""
    import tally_spark

    path, token = folder / "proxy", folder / "token"
    package = str(Path(tally_spark.__file__).parent.parent)
    path.write_text(PROXY.format(python=sys.executable, package=package, tally=striped.tally, token=str(token)))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path, token


def test_a_killed_worker_does_not_show(session: SparkSession, striped: Stripes, tmp_path: Path) -> None:
    worker, token = proxy(striped, tmp_path)
    token.touch()
    table = files(session, striped.judged)
    check(model(striped, worker=str(worker)).transform(table).collect(), predictions(striped, striped.judged))
    assert not token.exists()


def test_an_image_that_ends_workers_harms_no_other(session: SparkSession, striped: Stripes, tmp_path: Path) -> None:
    worker, _ = proxy(striped, tmp_path)
    poison = session.createDataFrame(
        [("bad", bytearray(b"POISON"), "down")], "path string, content binary, label string"
    )
    table = files(session, striped.judged).union(poison).coalesce(1)
    rows = model(striped, worker=str(worker)).transform(table).collect()
    (bad,) = [row for row in rows if row["path"] == "bad"]
    assert bad["prediction"] is None and "the tally worker ended (signal 9)" in bad["error"]
    check([row for row in rows if row["path"] != "bad"], predictions(striped, striped.judged))


def test_another_version_is_refused(session: SparkSession, striped: Stripes, tmp_path: Path) -> None:
    from tally_spark import frames

    with (tmp_path / "hello").open("wb") as stream:
        frames.send(stream, frames.Kind.HELLO, b"9.9.9")
    other = tmp_path / "other"
    other.write_text(f"#!/bin/sh\ncat '{tmp_path}/hello'\ncat > /dev/null\n")
    other.chmod(0o755)
    with pytest.raises(Exception, match=r"is tally 9\.9\.9, but the driver uses .*; install the same version"):
        model(striped, worker=str(other)).transform(files(session, striped.judged)).collect()


def test_a_pipeline_is_judged_saved_and_read(session: SparkSession, striped: Stripes, tmp_path: Path) -> None:
    learned, judged = files(session, striped.learned), files(session, striped.judged)
    # The most frequent first, and last by name among equals: another order than that of names.
    indexer = StringIndexer(inputCol="label", outputCol="number", stringOrderType="alphabetDesc")
    pipeline = Pipeline(stages=[indexer, TallyClassifier(**striped.params(labelCol="number"))])
    pipeline.write().save(str(tmp_path / "pipeline"))
    again = Pipeline.load(str(tmp_path / "pipeline"))
    fitted, refitted = pipeline.fit(learned), again.fit(learned)
    tally, other = fitted.stages[1], refitted.stages[1]
    assert isinstance(tally, TallyClassificationModel) and isinstance(other, TallyClassificationModel)
    assert tally.content == other.content
    assert tally.classes == ["slanted", "down", "across"]
    found = fitted.transform(judged)
    evaluator = MulticlassClassificationEvaluator(labelCol="number", metricName="accuracy")
    accuracy = evaluator.evaluate(found)
    assert accuracy > 0.8
    loss = evaluator.evaluate(found, {evaluator.metricName: "logLoss"})
    assert 0 < loss < 0.7
    fitted.write().save(str(tmp_path / "fitted"))
    loaded = PipelineModel.load(str(tmp_path / "fitted"))
    assert isinstance(loaded.stages[1], TallyClassificationModel)
    assert loaded.stages[1].content == tally.content and loaded.stages[1].uid == tally.uid
    assert loaded.transform(judged).select("rawPrediction").collect() == found.select("rawPrediction").collect()
    # What was saved is a model that the command reads.
    saved = next(tmp_path.glob("fitted/stages/1_*/model.tally"))
    assert saved.read_bytes() == tally.content
    with pytest.raises(Exception, match="already exists"):
        fitted.write().save(str(tmp_path / "fitted"))
    fitted.write().overwrite().save(str(tmp_path / "fitted"))


def test_tuning(session: SparkSession, striped: Stripes, tmp_path: Path) -> None:
    table = StringIndexer(inputCol="label", outputCol="number").fit(files(session, striped.learned))
    broken = session.createDataFrame([("bad", bytearray(b"x"), "down")], "path string, content binary, label string")
    learned = table.transform(files(session, striped.learned).union(broken)).cache()
    classifier = TallyClassifier(**striped.params(labelCol="number", handleInvalid="skip"))
    few = ["layers.*.refine.passes=1"]
    grid = ParamGridBuilder().addGrid(classifier.settings, [few, []]).build()
    validator = CrossValidator(
        estimator=classifier,
        estimatorParamMaps=grid,
        evaluator=MulticlassClassificationEvaluator(labelCol="number", metricName="accuracy"),
        numFolds=2,
        seed=1,
    )
    chosen = validator.fit(learned)
    assert len(chosen.avgMetrics) == 2 and max(chosen.avgMetrics) > 0.6
    best = chosen.bestModel
    assert isinstance(best, TallyClassificationModel)
    chosen.write().save(str(tmp_path / "chosen"))
    loaded = CrossValidatorModel.load(str(tmp_path / "chosen"))
    assert isinstance(loaded.bestModel, TallyClassificationModel) and loaded.bestModel.content == best.content
    assert loaded.avgMetrics == chosen.avgMetrics


def test_labels_may_have_gaps_and_models_no_shares(session: SparkSession, striped: Stripes) -> None:
    number = F.when(F.col("label") == "across", 5).when(F.col("label") == "down", 0).otherwise(2)
    table = files(session, striped.learned).withColumn("number", number)
    fitted = TallyClassifier(**striped.params(labelCol="number", validation=0.0)).fit(table)
    assert fitted.getLabels() == [0, 2, 5] and fitted.classes == ["0", "", "2", "", "", "5"]
    row = fitted.transform(table.limit(1)).collect()[0]
    assert row["number"] == 5 == row["prediction"] and row["probability"] is None
    assert len(row["rawPrediction"]) == 6 and row["rawPrediction"][1] == float("-inf")


def test_bad_input_is_said_in_a_line(session: SparkSession, striped: Stripes) -> None:
    table = files(session, striped.learned)
    fit: dict[str, tuple[dict[str, Any], str]] = {
        "imageCol": (dict(imageCol="none"), "no column 'none' for imageCol"),
        "text": (dict(imageCol="path"), "'path' is string, but images are binary"),
        "labelCol": (dict(labelCol="none"), "no column 'none' for labelCol"),
        "binary": (dict(labelCol="content"), "'content' is binary, but labels are numbers or texts"),
        "tally": (dict(tally="/no/tally"), "/no/tally: no such program; build it"),
        "plan": (dict(plan="none"), "tally train: .*none"),
        "validation": (dict(validation=2.0), r"tally train: --validation must be in 0\.\.\.0\.9"),
    }
    for params, line in fit.values():
        with pytest.raises(TallyError, match=line) as caught:
            TallyClassifier(**striped.params(**params)).fit(table)
        assert "\n" not in str(caught.value)
    for label, line in {"null": "no label", "cast(1.5 as double)": "the label 1.5", "-1": "the label -1"}.items():
        kind = "cast(null as string)" if label == "null" else label
        with pytest.raises(TallyError, match=line):
            TallyClassifier(**striped.params()).fit(table.withColumn("label", F.expr(kind)))
    with pytest.raises(TallyError, match="there is a column 'error' already"):
        model(striped).transform(table.withColumn("error", F.lit("")))
    with pytest.raises(TallyError, match="labels has"):
        model(striped, labels=[0, 1]).transform(table)
    with pytest.raises(TypeError, match="handleInvalid must be one of keep, skip, error"):
        TallyClassifier(**striped.params(handleInvalid="maybe"))
    damaged = TallyClassificationModel(striped.model[:-9])._set(tally=striped.tally, imageCol="content")
    with pytest.raises(TallyError, match=r"truncated|damaged|shorter|checksum"):
        damaged.transform(table)
