"""Tally: image classifiers trained by counting bits."""

import importlib.metadata

from tally._classifier import TallyClassifier
from tally._data import FolderImages, load_folder
from tally._explanation import Explanation, LayerExplanation

__all__ = ["Explanation", "FolderImages", "LayerExplanation", "TallyClassifier", "__version__", "load_folder"]

__version__ = importlib.metadata.version("tally-classifier")
