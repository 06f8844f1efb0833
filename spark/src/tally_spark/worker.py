"""What runs on executors: a `tally worker` kept from task to task, shards handed to it, sums added by it.

Needs nothing but Python's own library and Spark; a tally is bytes here, never numbers. Predictions are in `ml`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from . import frames
from .frames import FrameError, Kind
from .process import Worker, WorkerFailed, host
from .states import Chain


class Shard(NamedTuple):
    """A shard file as its manifest describes it."""

    number: int
    size: int
    checksum: str


@dataclass(frozen=True)
class Setup:
    """How a worker is started, and which shards there are; none where it predicts."""

    # The version it must have; empty for any.
    version: str
    threads: int
    # A path on the executor, or the name of a file that Spark sent there.
    path: str | None
    sent: str
    digest: int = 0
    shards: dict[str, Shard] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        path = self.path
        if path is None:
            from pyspark import SparkFiles

            path = SparkFiles.get(self.sent)
        return [path, "worker", "--threads", str(self.threads)]


class Result(NamedTuple):
    """What a partition, or a sum of partitions, came to."""

    # A sum of tallies; empty where there is a failure.
    tally: bytes
    failure: str
    # Bytes of all tallies that were sent, seconds of the longest map and of all of them, repeated tasks.
    sent: int
    longest: float
    seconds: float
    retries: int


def failed(message: str) -> Result:
    return Result(b"", message, 0, 0.0, 0.0, 0)


_kept: Worker | None = None
_kept_for: Setup | None = None


@contextlib.contextmanager
def kept(setup: Setup) -> Iterator[Worker]:
    """The worker of this Python process. An exception ends it: the next one begins afresh."""
    global _kept, _kept_for
    if _kept is not None and (_kept_for != setup or _kept.process.poll() is not None):
        _kept.end()
        _kept = None
    if _kept is None:
        _kept, _kept_for = Worker(setup.command, setup.version or None), setup
    try:
        yield _kept
    except BaseException:
        _kept.end()
        _kept = None
        raise


def attempts() -> int:
    """How often this task was tried before."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return context.attemptNumber() if context is not None else 0


def hand_over(worker: Worker, setup: Setup, records: Iterable[tuple[str, bytes]]) -> list[int]:
    """Gives the worker the shards it does not have; their numbers."""
    numbers = []
    for path, content in records:
        shard = setup.shards.get(os.path.basename(path))
        if shard is None:
            continue
        key = (setup.digest, shard.number)
        if key not in worker.held:
            if len(content) != shard.size:
                raise WorkerFailed(
                    f"{path}: has {len(content)} bytes, but the manifest says {shard.size}; write the shards again"
                )
            doing = f"reading shard {shard.number}"
            worker.ask(doing, Kind.SHARD, frames.shard_head(path, shard.checksum), content)
            worker.held.add(key)
        numbers.append(shard.number)
    return numbers


class Load:
    """Hands the shards of a partition to a worker, so that what is wrong with them is known before any round."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def __call__(self, partition: int, records: Iterable[tuple[str, bytes]]) -> Iterator[tuple[int, list[int], str]]:
        started = False
        try:
            with kept(self.setup) as worker:
                started = True
                yield partition, hand_over(worker, self.setup, records), ""
        except WorkerFailed as error:
            left = [os.path.basename(path) for path, _ in records]
            shards = [self.setup.shards[name].number for name in left if name in self.setup.shards]
            # What is wrong with a shard names its file; a worker that does not start has seen none of them.
            where = "" if started else f"shards {shards}: "
            yield partition, [], f"{host()}: {where}{error}"


class RoundTask:
    """Maps the shards of a partition."""

    def __init__(self, setup: Setup, number: int, part: int, spec: Broadcast, state: Chain) -> None:
        self.setup, self.number, self.part, self.spec, self.state = setup, number, part, spec, state

    def __call__(self, records: Iterable[tuple[str, bytes]]) -> Iterator[Result]:
        started = time.monotonic()
        numbers: list[int] = []
        try:
            with kept(self.setup) as worker:
                numbers = hand_over(worker, self.setup, records)
                if not numbers:
                    return
                spec, state = self.spec.value, self.state.state()
                head = frames.round_head(self.number, self.setup.digest, self.part, numbers, len(spec))
                tally = worker.ask(f"mapping shards {numbers}", Kind.ROUND, head, spec, state).payload
                if frames.tally_round(tally) != self.number:
                    raise WorkerFailed(f"the answer is of round {frames.tally_round(tally)}, not {self.number}")
        except (WorkerFailed, FrameError) as error:
            for _ in records:
                pass
            where = f"shards {numbers}: " if numbers else ""
            yield failed(f"{host()}: {where}{error}")
            return
        seconds = time.monotonic() - started
        yield Result(tally, "", len(tally), seconds, seconds, attempts())


class Add:
    """Adds the results of two partitions."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def __call__(self, first: Result, second: Result) -> Result:
        if first.failure or second.failure:
            return first if first.failure else second
        try:
            with kept(self.setup) as worker:
                head = frames.add_head(first.tally)
                tally = worker.ask("adding tallies", Kind.ADD, head, first.tally, second.tally).payload
        except (WorkerFailed, FrameError) as error:
            return failed(f"{host()}: {error}")
        return Result(
            tally,
            "",
            first.sent + second.sent,
            max(first.longest, second.longest),
            first.seconds + second.seconds,
            first.retries + second.retries,
        )


class Broadcast:
    """Spark's broadcast of bytes; here so that types are known."""

    value: bytes
