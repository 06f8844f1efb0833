"""Parameters of the estimator: what is allowed, and what scikit-learn's own names for some of them stand for."""

from __future__ import annotations

import json
import math
import os
import reprlib
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from tally._machine import thread_count

MOST_SEED, MOST_THREADS = 2**64 - 1, 1024


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number in a range, as an int."""
    if not isinstance(value, Integral) or not low <= int(value) <= high:
        raise ValueError(f"{name}={value!r}: give a whole number in {low}...{high}")
    return int(value)


def fraction(name: str, value: Any) -> int:
    """A fraction from 0 to 0.9, in parts per million."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= float(value) <= 0.9:
        raise ValueError(f"{name}={value!r}: give a fraction in 0...0.9")
    return math.floor(float(value) * 1_000_000 + 0.5)


def seed(seed: Any, random_state: Any) -> int:
    """The seed that `seed` and `random_state` stand for: the latter if it is given. A generator gives one by drawing it."""
    own = whole("seed", seed, 0, MOST_SEED)
    if random_state is None:
        return own
    if own != 1:
        raise ValueError(f"seed={seed!r} and random_state={random_state!r}: they are the same parameter; give one of them")
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if not isinstance(random_state, Integral) or isinstance(random_state, bool):
        raise ValueError(f"random_state={random_state!r}: give a whole number, a numpy RandomState or None")
    return whole("random_state", random_state, 0, MOST_SEED)


def threads(threads: Any, n_jobs: Any) -> int:
    """The number of threads that `threads` and `n_jobs` stand for; from -1 down, as in joblib, all cores but some."""
    own = None if threads is None else whole("threads", threads, 1, MOST_THREADS)
    if n_jobs is None:
        return thread_count(own)
    if own is not None:
        raise ValueError(f"threads={threads!r} and n_jobs={n_jobs!r}: they are the same parameter; give one of them")
    if not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool) or n_jobs == 0 or abs(int(n_jobs)) > MOST_THREADS:
        raise ValueError(f"n_jobs={n_jobs!r}: give a number of threads in 1...{MOST_THREADS}, or -1 for all cores")
    wanted = int(n_jobs)
    return thread_count(wanted if wanted > 0 else max(1, thread_count(None) + 1 + wanted))


def as_json(name: str, value: Any) -> str:
    """A value of the plan or of a setting as JSON."""
    try:
        return json.dumps(value, allow_nan=False, default=lambda other: other.item())
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}: {value!r} cannot be written as JSON ({error})") from error


def plan_text(plan: Any) -> str:
    """A plan's name, the path of its file with a slash in it, or the plan as JSON."""
    if isinstance(plan, Mapping):
        return as_json("plan", dict(plan))
    if isinstance(plan, os.PathLike):
        path: str = os.fspath(plan)
        return path if "/" in path else f"./{path}"
    if isinstance(plan, str):
        return plan
    raise ValueError(f"plan={plan!r}: give a plan's name, the path of a plan file, or a dict")


def setting_texts(settings: Any) -> list[str]:
    """Changes to a plan as key=value."""
    if settings is None:
        return []
    if not isinstance(settings, Mapping):
        raise ValueError(f"settings={settings!r}: give a dict, such as {{'layers.0.filters': 64}}")
    return [
        f"{key}={value if isinstance(value, str) else as_json(str(key), value)}" for key, value in settings.items()
    ]


def shown(name: str, value: Any) -> str:
    """A parameter in a repr: a plan by its name, long values cut."""
    if name == "plan" and isinstance(value, Mapping):
        return f"plan=<{str(value.get('name', 'without a name'))[:30]}>"
    short = reprlib.Repr()
    short.maxstring = short.maxother = 40
    return f"{name}={' '.join(short.repr(value).split())}"
