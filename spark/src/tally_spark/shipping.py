"""What executors need and are sent: this package, and a tally where none is installed there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pyspark import SparkContext, SparkFiles

# What was sent already, by application: Spark refuses a file of the same name a second time.
_sent: dict[str, set[str]] = {}


def _folder() -> Path:
    """A folder for what is sent: executors may ask at any time, and Spark's own folder lives as long as it does."""
    folder = Path(SparkFiles.getRootDirectory()) / "tally-package"
    folder.mkdir(exist_ok=True)
    return folder


def _first(context: SparkContext, name: str) -> bool:
    names = _sent.setdefault(str(context.applicationId), set())
    is_first = name not in names
    names.add(name)
    return is_first


def send_package(context: SparkContext) -> None:
    """Sends this package, once."""
    if not _first(context, "tally_spark"):
        return
    folder = _folder()
    package = Path(__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "package" / package.name, ignore=ignored)
    context.addPyFile(shutil.make_archive(f"{folder}/tally_spark", "zip", folder / "package"))


def send_tally(context: SparkContext, tally: str, version: str) -> str:
    """Sends a tally, once; the name it has on executors, which says which it is."""
    about = os.stat(tally)
    name = f"tally-{version}-{about.st_size:x}-{about.st_mtime_ns:x}"
    if _first(context, name):
        place = _folder() / name
        # Spark sends the file that a symbolic link leads to, under that file's name.
        try:
            os.link(os.path.realpath(tally), place)
        except OSError:
            shutil.copy2(tally, place)
        context.addFile(str(place))
    return name
