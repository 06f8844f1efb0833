"""The driver's end of the pipes to a training: requests in, manifest, reports and sums out, exit when it ends.

The package in flower/ has this file, too, as a link.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, NoReturn, Protocol, TypeVar

from . import frames
from .frames import Frame, FrameError, Kind

Served = TypeVar("Served")


class Rounds(Protocol):
    """Whoever runs rounds."""

    manifest: bytes

    def answer(self, request: frames.RoundRequest) -> tuple[dict[str, float], bytes, str]:
        """Runs a round; what it cost, the sum of all shards, and a line where there is none."""


def listen(stream: BinaryIO, requests: queue.Queue[Frame]) -> None:
    """Takes requests; when the training is gone nothing here has a purpose, whatever the cluster is doing."""
    while True:
        try:
            frame = frames.receive(stream)
        except (FrameError, OSError):
            frame = None
        if frame is None:
            os._exit(3)
        requests.put(frame)
        if frame.kind == Kind.END:
            return


def serve(rounds: Rounds, requests: queue.Queue[Frame], output: BinaryIO) -> str:
    """Answers until the training says that it ends, or a round fails: why."""
    frames.send(output, Kind.MANIFEST, rounds.manifest)
    while (frame := requests.get()).kind != Kind.END:
        if frame.kind != Kind.ROUND:
            return f"the driver cannot answer a message of kind {frame.kind}"
        report, tally, failure = rounds.answer(frames.split_round(frame.payload))
        frames.send(output, Kind.REPORT, json.dumps(report).encode())
        if failure:
            return failure
        frames.send(output, Kind.TALLY, tally)
    return ""


def run(begin: Callable[[], AbstractContextManager[Rounds]], line: Callable[[Exception], str | None]) -> NoReturn:
    """Serves the training at the other end of standard input and output, and ends the process."""
    answer(begin, line, serve)


def answer(
    begin: Callable[[], AbstractContextManager[Served]],
    line: Callable[[Exception], str | None],
    serve: Callable[[Served, queue.Queue[Frame], BinaryIO], str],
) -> NoReturn:
    """Answers what is asked through standard input, and ends the process.

    `line` gives the line of an error that says all there is to say; None for one whose trace belongs in the log.
    `serve` answers until nothing more is asked, or gives the line that says why it cannot.
    """
    # Ctrl-C is for the training, which then ends this process in good order.
    with contextlib.suppress(OSError):
        os.setsid()
    # What anybody prints goes to the log; the pipe is for frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.Queue[Frame] = queue.Queue()
    threading.Thread(target=listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    try:
        with begin() as served:
            failure = serve(served, requests, output)
    except Exception as error:
        said = line(error)
        if said is None:
            traceback.print_exc()
        failure = " ".join((said or str(error) or type(error).__name__).split())
    if failure:
        print(f"error: {failure}", file=sys.stderr, flush=True)
        with contextlib.suppress(OSError):
            frames.send(output, Kind.FAILURE, failure.encode())
    sys.stderr.flush()
    # The listening thread still waits for a request, which the end of the interpreter would wait for, too.
    os._exit(1 if failure else 0)
