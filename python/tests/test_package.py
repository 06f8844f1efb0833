"""The package as it is installed, and its library as C callers meet it."""

import importlib.metadata
import pathlib
import re
import subprocess
import sys

import pytest
import tally
from tally import _library

LIBRARY = pathlib.Path(tally.__file__).with_name("libTallyC.dylib" if sys.platform == "darwin" else "libTallyC.so")
REPOSITORY = pathlib.Path(__file__).parents[2]
HEADER = REPOSITORY / "Sources" / "CTally" / "include" / "tally.h"
C_TEST = REPOSITORY / "Tests" / "CInterface" / "run"


def test_version_and_types():
    assert importlib.metadata.version("tally-classifier") == tally.__version__
    assert LIBRARY.with_name("py.typed").exists()


def test_wheel_is_of_this_platform():
    tags = importlib.metadata.distribution("tally-classifier").read_text("WHEEL")
    assert "Root-Is-Purelib: false" in tags
    assert "Tag: py3-none-" in tags and "Tag: py3-none-any" not in tags


@pytest.mark.skipif(sys.platform != "linux", reason="ldd and nm of Linux")
def test_library_needs_no_swift():
    needed = subprocess.run(["ldd", LIBRARY], capture_output=True, text=True, check=True).stdout
    assert "libc.so" in needed and "not found" not in needed
    for name in ("swift", "Foundation", "dispatch", "BlocksRuntime"):
        assert name not in needed
    shown = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[2] for line in shown.splitlines() if line.split()[1].isupper()}
    assert exported == set(_library._FUNCTIONS)


@pytest.mark.skipif(not HEADER.exists(), reason="not in the repository")
def test_python_knows_every_function_of_the_header():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    assert set(re.findall(r"\b(tally_\w+)\(", text)) == set(_library._FUNCTIONS)


@pytest.mark.skipif(not C_TEST.exists(), reason="not in the repository")
def test_the_library_from_c():
    result = subprocess.run([C_TEST, LIBRARY], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
