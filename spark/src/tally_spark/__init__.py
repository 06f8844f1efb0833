"""Tally on Spark: the driver side of `tally train --engine spark`, pipelines (`tally_spark.ml`), Parquet files."""

import importlib.metadata


def __getattr__(name: str) -> str:
    """`__version__`, looked up when asked for: executors get these files without the package's metadata."""
    if name == "__version__":
        return importlib.metadata.version("tally-spark")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
