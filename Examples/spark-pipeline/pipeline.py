# %% [markdown]
# # Images in a Spark pipeline
# From a folder of images to a tuned, saved model whose predictions stay on the cluster. Cells begin with `# %%`, as
# Jupyter and editors understand them; `Examples/spark-pipeline/run` runs them all.

# %%
import os
import sys

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.feature import IndexToString, StringIndexer
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tally_spark.ml import TallyClassifier

out = sys.argv[1]
builder = SparkSession.builder.master("local[2,4]").appName("tally").config("spark.driver.host", "127.0.0.1")
# Few images need few partitions; Spark makes 200 of what it sorts.
builder = builder.config("spark.sql.shuffle.partitions", "4").config("spark.ui.showConsoleProgress", "false")
session = builder.getOrCreate()
session.sparkContext.setLogLevel("ERROR")

# %% [markdown]
# ## Images
# `binaryFile` reads files from anywhere; a table with a column of image bytes does as well. The class is the folder.

# %%
files = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(f"{out}/photos")
images = files.select("path", "content", F.element_at(F.split("path", "/"), -2).alias("kind"))
# Kept, as a table that is sorted anew may be split anew.
images = images.orderBy("path").cache()
learned, judged = images.randomSplit([0.8, 0.2], seed=1)
print(learned.count(), "images to learn from,", judged.count(), "to judge by")
assert learned.count() + judged.count() == images.count()

# %% [markdown]
# ## A pipeline
# Names become numbers, images become predictions, numbers become names again.

# %%
indexer = StringIndexer(inputCol="kind", outputCol="label", stringOrderType="alphabetAsc")
names = IndexToString(inputCol="prediction", outputCol="answer", labels=indexer.fit(learned).labels)
classifier = TallyClassifier(
    imageCol="content",
    labelCol="label",
    settings=["layers.*.filters=48"],
    # A null prediction is no number for an evaluator.
    handleInvalid="skip",
    tally=os.environ["TALLY_TOOL"],
)
pipeline = Pipeline(stages=[indexer, classifier, names])
model = pipeline.fit(learned)
predictions = model.transform(judged)
predictions.select("path", "answer", "probability").show(5)

# %% [markdown]
# ## How good is it?

# %%
evaluator = MulticlassClassificationEvaluator(metricName="accuracy")
accuracy = evaluator.evaluate(predictions)
print(f"accuracy {accuracy:.3f}")
assert accuracy > 0.85

# %% [markdown]
# ## Tuning
# Any Param can be in a grid; here it is a setting of the plan.

# %%
grid = ParamGridBuilder().addGrid(
    classifier.settings, [["layers.*.filters=16"], ["layers.*.filters=64"]]
)
validator = CrossValidator(
    estimator=classifier, estimatorParamMaps=grid.build(), evaluator=evaluator, numFolds=2, seed=1
)
chosen = validator.fit(indexer.fit(learned).transform(learned))
print("accuracy of 16 and 64 filters:", [f"{metric:.3f}" for metric in chosen.avgMetrics])
assert max(chosen.avgMetrics) > 0.8

# %% [markdown]
# ## Saving
# The folder of a stage holds `model.tally`, which the command reads, too.

# %%
model.write().overwrite().save(f"{out}/model")
again = PipelineModel.load(f"{out}/model")
assert again.transform(judged).select("answer").collect() == predictions.select("answer").collect()

# %% [markdown]
# ## Broken images
# They have no prediction but a reason, and end nothing.

# %%
mixed = session.createDataFrame([("broken.jpg", bytearray(b"not an image"), "Boot")], judged.schema).union(judged.limit(1))
tally = model.stages[1].copy({model.stages[1].handleInvalid: "keep"})
rows = tally.transform(mixed).select("path", "prediction", "error").collect()
print(rows)
assert rows[0]["prediction"] is None and rows[0]["error"] and rows[1]["error"] is None

session.stop()
