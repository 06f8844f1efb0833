"""`python -m tally_spark`, as `tally train` starts it: frames on the standard input and output, Spark behind them."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import sys
import threading
import traceback
from typing import BinaryIO

from . import frames
from .driver import Driver, DriverError, Options, reason, spark_context
from .frames import Frame, FrameError, Kind


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser("tally_spark", description="Spark side of tally train --engine spark.")
    parser.add_argument("--master", required=True)
    parser.add_argument("--data", required=True, help="folder of shards")
    parser.add_argument("--tally", required=True, help="tally of this machine; sent to executors unless --worker")
    parser.add_argument("--version", required=True, help="its version")
    parser.add_argument("--worker", help="tally on the executors")
    parser.add_argument("--worker-threads", type=int, default=1)
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--conf", action="append", default=[], help="key=value")
    found = parser.parse_args(arguments)
    conf = [(key, value) for key, _, value in (setting.partition("=") for setting in found.conf)]
    return Options(
        found.master,
        found.data,
        found.tally,
        found.version,
        found.worker,
        found.worker_threads,
        found.partitions,
        conf,
    )


def listen(stream: BinaryIO, requests: queue.Queue[Frame]) -> None:
    """Takes requests; when the training is gone nothing here has a purpose, whatever Spark is doing."""
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


def serve(options: Options, requests: queue.Queue[Frame], output: BinaryIO) -> None:
    context = spark_context(options)
    try:
        context.setLogLevel("WARN")
        driver = Driver(context, options)
        frames.send(output, Kind.MANIFEST, driver.manifest)
        while (frame := requests.get()).kind != Kind.END:
            if frame.kind != Kind.ROUND:
                raise DriverError(f"the driver cannot answer a message of kind {frame.kind}")
            report, result = driver.run(frames.split_round(frame.payload))
            frames.send(output, Kind.REPORT, json.dumps(report).encode())
            if result.failure:
                raise DriverError(result.failure)
            frames.send(output, Kind.TALLY, result.tally)
    finally:
        context.stop()


def main() -> int:
    # Ctrl-C is for the training, which then ends this process in good order.
    with contextlib.suppress(OSError):
        os.setsid()
    # What anybody prints goes to the log; the pipe is for frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    options = parse(sys.argv[1:])
    requests: queue.Queue[Frame] = queue.Queue()
    threading.Thread(target=listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    try:
        serve(options, requests, output)
    except Exception as error:
        if not isinstance(error, (DriverError, FrameError)):
            traceback.print_exc()
        line = " ".join(str(error).split()) if isinstance(error, (DriverError, FrameError)) else reason(error)
        print(f"error: {line}", file=sys.stderr, flush=True)
        with contextlib.suppress(OSError):
            frames.send(output, Kind.FAILURE, line.encode())
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # The listening thread still waits for a request, which the end of the interpreter would wait for, too.
    os._exit(code)
