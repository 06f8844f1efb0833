"""What this process may use of the machine: threads and memory."""

from __future__ import annotations

import os
import sys

_is_forked = False


def _note_fork() -> None:
    global _is_forked
    _is_forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def thread_count(wanted: int | None) -> int:
    """How many threads to use: all cores of this process, unless told otherwise.

    One in a forked process, whose threads were not copied from its parent, and one on Linux without /proc, where Swift's
    pool of threads would end the process. No result depends on the number.
    """
    if _is_forked or (sys.platform == "linux" and not os.path.isdir("/proc/self/task")):
        return 1
    if wanted is not None:
        return wanted
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, min(1024, cores))


def memory_limit() -> int:
    """Bytes that a plan may need: what the machine has, or TALLY_MEMORY_MIB."""
    text = os.environ.get("TALLY_MEMORY_MIB", "")
    if text:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1 << 40):
            raise ValueError(f"TALLY_MEMORY_MIB={text}: give a whole number from 1, or unset it")
        return int(text) << 20
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
