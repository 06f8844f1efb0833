"""`python -m tally.onnx`, as `tally export --format onnx` starts it."""

from __future__ import annotations

import argparse
import os
import sys

from tally.onnx import export


def main() -> int:
    """Exports a model; one line on the standard error, and 1, if that fails."""
    parser = argparse.ArgumentParser("python -m tally.onnx", description="Write a model as an ONNX graph.")
    parser.add_argument("model", help="a model file")
    parser.add_argument("--out", required=True, help="the file to write")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    options = parser.parse_args()
    try:
        if not options.force and os.path.lexists(options.out):
            raise FileExistsError(f"{options.out} is there already; replace it with --force, or name another file")
        export(options.model, options.out)
    except (ImportError, OSError, ValueError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    print(f"{options.out}: {os.path.getsize(options.out)} bytes, ONNX with the operators of opset 17")
    return 0


if __name__ == "__main__":
    sys.exit(main())
