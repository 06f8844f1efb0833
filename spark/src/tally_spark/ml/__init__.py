"""Tally in Spark's machine-learning pipelines: `TallyClassifier` learns, `TallyClassificationModel` predicts.

from tally_spark.ml import TallyClassifier

model = TallyClassifier(imageCol="content", labelCol="label", plan="quick").fit(images)
model.transform(images).select("prediction", "probability", "error")
"""

from .classifier import TallyClassifier
from .model import TallyClassificationModel

__all__ = ["TallyClassificationModel", "TallyClassifier"]
