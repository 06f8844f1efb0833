"""Tally's Flower engine: `tally-site` beside each site's shards, and the driver of `tally train --engine flower`."""

import importlib.metadata
import os

# Flower reports to its makers and asks for newer versions unless told not to; sites are not to call anybody else.
os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"


def __getattr__(name: str) -> str:
    """`__version__`, looked up when asked for."""
    if name == "__version__":
        return importlib.metadata.version("tally-flower")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
