"""Tally: image classifiers trained by counting bits."""

from tally._classifier import TallyClassifier

__all__ = ["TallyClassifier", "__version__"]

__version__ = "0.1.0"
