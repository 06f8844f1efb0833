"""Builds the shared library with Swift and puts it into the wheel; puts the Swift sources into the sdist.

The version is the Swift package's. Everything else about the package is in pyproject.toml. `SWIFT` names another Swift than the one on the PATH.
"""

import os
import pathlib
import shutil
import subprocess
import sys

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
# In a source distribution the Swift package lies in swift/; in the repository it is the folder above this one.
SWIFT_FILES = ("VERSION", "Package.swift", "Plugins", "Sources", "Tests", "LICENSE")
LIBRARY = "libTallyC.dylib" if sys.platform == "darwin" else "libTallyC.so"


def swift_package() -> pathlib.Path:
    """The folder of the Swift package."""
    for folder in (HERE / "swift", HERE.parent):
        if (folder / "Package.swift").is_file() and (folder / "Sources" / "TallyC").is_dir():
            return folder
    raise SystemExit(
        f"error: {HERE}: Tally's Swift sources are neither in swift/ nor in the folder above; "
        "install from a clone (pip install ./python) or from the source distribution"
    )


def build_library() -> pathlib.Path:
    """Builds the library in release, with Swift's own libraries inside, and gives its path."""
    swift = shutil.which(os.environ.get("SWIFT", "swift"))
    if swift is None:
        raise SystemExit("error: no swift on the PATH; get Swift 6.3 or later from https://swift.org/install, or run: make swift")
    package = swift_package()
    command = [swift, "build", "-c", "release", "--product", "TallyC", "--package-path", str(package)]
    if sys.platform != "darwin":
        # The compiler's flags of scripts/build-tool: the command and the library share all that is compiled.
        command += ["-Xswiftc", "-static-stdlib", "-Xswiftc", "-use-ld=lld"]
        command += ["-Xlinker", "-s", "-Xlinker", f"--version-script={HERE / 'exports.map'}"]
    result = subprocess.run(command, check=False)
    if result.returncode != 0:
        raise SystemExit(f"error: `{' '.join(command)}` failed, see above")
    return package / ".build" / "release" / LIBRARY


class BuildPython(build_py):
    """Copies the Python files, then the library beside them."""

    def run(self) -> None:
        super().run()
        folder = HERE / "src" if self.editable_mode else pathlib.Path(self.build_lib)
        target = folder / "tally" / LIBRARY
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(build_library(), target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return super().get_outputs(include_bytecode) + [str(pathlib.Path(self.build_lib) / "tally" / LIBRARY)]


class SourceDistribution(sdist):
    """A source distribution with the Swift package in swift/."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        package, target = swift_package(), pathlib.Path(base_dir) / "swift"
        target.mkdir(exist_ok=True)
        for name in SWIFT_FILES:
            if (package / name).is_dir():
                shutil.copytree(package / name, target / name, dirs_exist_ok=True)
            else:
                shutil.copyfile(package / name, target / name)


class PlatformWheel(bdist_wheel):
    """A wheel for any Python 3 on this platform: the library is called through ctypes."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class PlatformDistribution(Distribution):
    """A distribution that belongs to one platform."""

    def has_ext_modules(self) -> bool:
        return True


if not (HERE / "LICENSE").exists():
    shutil.copyfile(swift_package() / "LICENSE", HERE / "LICENSE")

setup(
    version=(swift_package() / "VERSION").read_text(encoding="ascii").strip(),
    cmdclass={"build_py": BuildPython, "sdist": SourceDistribution, "bdist_wheel": PlatformWheel},
    distclass=PlatformDistribution,
)
