"""Trainings as processes: how long tests wait for them, and what they are to say.

flower/tests has this file, too, as a link.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

PATIENCE = 300.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Waits for something that is sure to come."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.02)


def expect_model(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output + errors
    assert errors == ""
    return output


def expect_failure(process: subprocess.Popen[str], *parts: str) -> str:
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, errors
    assert errors.startswith("error: ") and errors.count("\n") == 1, errors
    for part in parts:
        assert part in errors
    return errors
