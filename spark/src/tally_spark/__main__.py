"""`python -m tally_spark`, as `tally train` starts it: frames on the standard input and output, Spark behind them."""

from __future__ import annotations

import argparse
import contextlib
import sys
import traceback
from collections.abc import Iterator

from . import frames, training
from .driver import Driver, DriverError, Options, reason, spark_context
from .frames import FrameError


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


class SparkRounds:
    """The driver as a training asks it."""

    def __init__(self, driver: Driver) -> None:
        self.driver, self.manifest = driver, driver.manifest

    def answer(self, request: frames.RoundRequest) -> tuple[dict[str, float], bytes, str]:
        report, result = self.driver.run(request)
        return report, result.tally, result.failure


@contextlib.contextmanager
def spark(options: Options) -> Iterator[SparkRounds]:
    """Rounds on Spark, which is stopped at the end."""
    context = spark_context(options)
    try:
        context.setLogLevel("WARN")
        yield SparkRounds(Driver(context, options))
    finally:
        context.stop()


def line(error: Exception) -> str:
    """What to say of an error."""
    if isinstance(error, (DriverError, FrameError)):
        return str(error)
    traceback.print_exception(error)
    return reason(error)


if __name__ == "__main__":
    options = parse(sys.argv[1:])
    training.run(lambda: spark(options), line)
