"""The package as it is installed, and its library as C callers meet it."""

import importlib.metadata
import pathlib
import shutil
import subprocess
import sys

import pytest
import tally
from tally import _library

LIBRARY = pathlib.Path(tally.__file__).with_name("libTallyC.dylib" if sys.platform == "darwin" else "libTallyC.so")
HEADER = pathlib.Path(__file__).parents[2] / "Sources" / "CTally" / "include" / "tally.h"


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
def test_a_c_program_uses_the_header(tmp_path):
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    source = pathlib.Path(__file__).with_name("client.c")
    program = tmp_path / "client"
    subprocess.run(
        [compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{HEADER.parent}", source]
        + [LIBRARY, f"-Wl,-rpath,{LIBRARY.parent}", "-o", program],
        check=True,
    )
    result = subprocess.run([program, tmp_path / "model.tally"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "ok\n"), result.stdout + result.stderr
