"""The driver side of Tally's Spark engine; `tally train --engine spark` runs it."""

import importlib.metadata


def __getattr__(name: str) -> str:
    """`__version__`, looked up when asked for: executors get these files without the package's metadata."""
    if name == "__version__":
        return importlib.metadata.version("tally-spark")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
