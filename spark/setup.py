"""Gives the package Tally's version: the file VERSION of the clone, of which a source distribution has a copy.

Everything else about the package is in pyproject.toml.
"""

import pathlib
import shutil

from setuptools import setup
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent


def version_file() -> pathlib.Path:
    """The file with the version."""
    if (HERE / "VERSION").is_file():
        return HERE / "VERSION"
    if (HERE.parent / "Package.swift").is_file() and (HERE.parent / "VERSION").is_file():
        return HERE.parent / "VERSION"
    raise SystemExit(
        f"error: {HERE}: VERSION is neither here nor in a clone of Tally above; "
        "install from a clone (pip install ./spark) or from the source distribution"
    )


class SourceDistribution(sdist):
    """A source distribution with the file VERSION."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        shutil.copyfile(version_file(), pathlib.Path(base_dir) / "VERSION")


setup(version=version_file().read_text(encoding="ascii").strip(), cmdclass={"sdist": SourceDistribution})
