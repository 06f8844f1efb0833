"""`python -m tally_spark`, as `tally train` starts it: frames on the standard input and output, Spark behind them."""

from __future__ import annotations

import argparse
import contextlib
import sys
import traceback
from collections.abc import Iterator

from . import frames, training
from .driver import Driver, DriverError, Options, add_options, options_of, reason, spark_context
from .frames import FrameError


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser("tally_spark", description="Spark side of tally train --engine spark.")
    add_options(parser, data="folder of shards")
    return options_of(parser.parse_args(arguments))


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
