"""Steps that the demonstrations have in common: commands that are shown and run, and the models compared at the end."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path


def run(title: str, *command: str) -> None:
    print(f"\n== {title}", flush=True)
    print("$ " + " ".join(command), flush=True)
    subprocess.run(command, check=True)


def compare(there: Path, here: Path, started: float) -> int:
    """Says whether two run folders have the same model, and how long all took; the exit code."""
    same = (there / "model.tally").read_bytes() == (here / "model.tally").read_bytes()
    print(f"\nthe models are {'the same, byte for byte' if same else 'DIFFERENT'}", flush=True)
    print(f"{time.monotonic() - started:.0f} s in all")
    return 0 if same else 1
