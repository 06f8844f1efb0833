"""Tally: image classifiers trained by counting bits."""

import importlib.metadata

from tally._classifier import TallyClassifier

__all__ = ["TallyClassifier", "__version__"]

__version__ = importlib.metadata.version("tally-classifier")
