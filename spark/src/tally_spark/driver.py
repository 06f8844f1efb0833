"""The driver side: shards as a cached RDD, rounds over them, what went wrong in one line."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import time
from dataclasses import dataclass
from typing import Any

from pyspark import SparkConf, SparkContext, StorageLevel

from . import frames
from .shipping import send_package
from .states import Sender
from .worker import Add, Load, Result, RoundTask, Setup, Shard, failed

MANIFEST = "tally-shards.json"


class DriverError(Exception):
    """One line for people."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    master: str
    data: str
    tally: str
    version: str
    worker: str | None
    worker_threads: int
    partitions: int | None
    conf: list[tuple[str, str]]


def add_options(parser: argparse.ArgumentParser, data: str) -> None:
    """Adds the arguments that options are made of; `data` says what these are."""
    parser.add_argument("--master", required=True)
    parser.add_argument("--data", required=True, help=data)
    parser.add_argument("--tally", required=True, help="tally of this machine; sent to executors unless --worker")
    parser.add_argument("--version", required=True, help="its version")
    parser.add_argument("--worker", help="tally on the executors")
    parser.add_argument("--worker-threads", type=int, default=1)
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--conf", action="append", default=[], help="key=value")


def options_of(found: argparse.Namespace) -> Options:
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


def spark_context(options: Options) -> SparkContext:
    """Starts Spark."""
    master = re.sub(r"^local\[(\d+|\*)\]$", r"local[\1,4]", "local[1]" if options.master == "local" else options.master)
    conf = SparkConf().setMaster(master).setAppName("tally")
    conf.set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    # What travels between executors and to the driver is packed: better than with Spark's own choice, and as fast.
    conf.set("spark.io.compression.codec", "zstd")
    conf.set("spark.python.worker.reuse", "true").set("spark.files.maxPartitionBytes", "1")
    # Partitions are made for the cores there will be, not for those that are there first.
    conf.set("spark.scheduler.minRegisteredResourcesRatio", "1.0")
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for key, value in options.conf:
        conf.set(key, value)
        # PySpark leaves this one to spark-submit, and takes the variable.
        if key == "spark.pyspark.python":
            os.environ["PYSPARK_PYTHON"] = value
    try:
        return SparkContext(conf=conf)
    except Exception as error:
        raise DriverError(f"Spark did not start on {options.master}: {reason(error)}") from error


class Driver:
    """A training's shards on a Spark cluster."""

    def __init__(self, context: SparkContext, options: Options) -> None:
        self.context, self.options = context, options
        base = options.data.rstrip("/")
        if odd := set(base) & set("*?[]{},"):
            raise DriverError(f"{base}: Spark reads {''.join(sorted(odd))} as a pattern; rename the folder")
        self.base = f"file://{base}" if base.startswith("/") else base
        self.manifest = self._read_manifest()
        about = json.loads(self.manifest)
        self.setup = Setup(
            version=options.version,
            threads=options.worker_threads,
            digest=int(about["digest"], 16),
            shards={
                shard["file"]: Shard(number, shard["bytes"], shard["checksum"])
                for number, shard in enumerate(about["shards"])
            },
            path=options.worker,
            sent=os.path.basename(options.tally),
        )
        send_package(context)
        if options.worker is None:
            context.addFile(options.tally)
        cores = max(1, context.defaultParallelism)
        self.partitions = min(options.partitions or cores, len(self.setup.shards))
        self.parallel = min(cores, self.partitions)
        # One split a file, so that partitions are even however small the files are.
        files = context.binaryFiles(f"{self.base}/*.tshard", len(self.setup.shards)).coalesce(self.partitions)
        # A pass through Python makes of a handle on a file its bytes, which are what is kept.
        self.records = files.map(_same).persist(StorageLevel.MEMORY_AND_DISK)
        # Four sums come together at a time, so that no link has to carry many.
        self.depth = max(2, math.ceil(math.log(self.partitions, 4)))
        self.layout: dict[int, list[int]] = {}
        self._load()
        self._spec: tuple[bytes, Any] | None = None
        self._states = Sender(context)

    def _read_manifest(self) -> bytes:
        try:
            files: list[tuple[str, bytes]] = self.context.binaryFiles(f"{self.base}/{MANIFEST}").collect()
        except Exception as error:
            if "does not exist" in str(error) or "matches 0 files" in str(error):
                raise DriverError(f"{self.base}/{MANIFEST}: no such file; write shards with tally shard") from error
            raise DriverError(f"{self.base}: {reason(error)}") from error
        try:
            about = json.loads(files[0][1])
            int(about["digest"], 16)
            for shard in about["shards"]:
                Shard(0, int(shard["bytes"]), str(shard["checksum"])), str(shard["file"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise DriverError(f"{self.base}/{MANIFEST}: not a manifest of shards; write the shards again") from error
        return bytes(files[0][1])

    def _load(self) -> None:
        """Hands every shard to a worker, so that a damaged one, or another version, is known at once."""
        try:
            loaded = self.records.mapPartitionsWithIndex(Load(self.setup)).collect()
        except Exception as error:
            raise DriverError(self.explain(error)) from error
        for partition, numbers, failure in loaded:
            if failure:
                raise DriverError(failure)
            self.layout[partition] = numbers
        found = sorted(number for numbers in self.layout.values() for number in numbers)
        missing = sorted(set(range(len(self.setup.shards))) - set(found))
        if missing:
            names = {shard.number: name for name, shard in self.setup.shards.items()}
            raise DriverError(f"{self.base}/{names[missing[0]]}: no such file; write the shards again")

    def run(self, request: frames.RoundRequest) -> tuple[dict[str, float], Result]:
        """Runs a round; what it cost, and the sum of all shards."""
        started = time.monotonic()
        sent = 0
        if self._spec is None or self._spec[0] != request.spec:
            if self._spec is not None:
                self._spec[1].destroy()
            self._spec = (request.spec, self.context.broadcast(request.spec))
            sent += len(request.spec)
        state, new = self._states.send(request.kind, request.number, request.state)
        sent += new
        task = RoundTask(self.setup, request.number, request.part, self._spec[1], state)  # type: ignore[arg-type]
        try:
            result = self.records.mapPartitions(task).treeReduce(self.reduction, self.depth)
        except Exception as error:
            result = failed(self.explain(error))
        wall = time.monotonic() - started
        mapped = min(wall, max(result.longest, result.seconds / self.parallel))
        report = {
            "rounds": 1,
            "broadcastBytes": sent,
            "tallyBytes": result.sent,
            "mapSeconds": mapped,
            "reduceSeconds": wall - mapped,
            "retries": result.retries,
        }
        return report, result

    @property
    def reduction(self) -> Add:
        """Adds, on executors and at last here."""
        return AddAnywhere(self.setup, self.options.tally)

    def explain(self, error: Exception) -> str:
        """Spark's many lines in one: what, on which host, with which shards."""
        text = str(error)
        place = ""
        lost = re.search(r"Lost task (\d+)\.\d+ in stage [\d.]+ \(TID \d+\) \(([^ )]+)", text)
        if lost:
            partition = int(lost[1])
            shards = self.layout.get(partition)
            what = f"shards {shards}" if shards else f"the shards of partition {partition} of {self.partitions}"
            place = f"{lost[2]}: {what}: "
        return place + reason(error)


class AddAnywhere(Add):
    """Adds with the worker's tally on executors and with the driver's own on the driver."""

    def __init__(self, setup: Setup, own: str) -> None:
        super().__init__(setup)
        self.own = own

    def __call__(self, first: Result, second: Result) -> Result:
        from pyspark import TaskContext

        if TaskContext.get() is not None:
            return super().__call__(first, second)
        return Add(Setup(**{**vars(self.setup), "path": self.own}))(first, second)


def _same(record: tuple[str, bytes]) -> tuple[str, bytes]:
    return record[0], bytes(record[1])


def reason(error: Exception) -> str:
    """The line of an error that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    patterns = (
        r"(?:WorkerDied|TallyError): (.*)",
        r"(No space left on device)",
        r"(?:IOException|SparkException): (.*)",
    )
    for pattern in patterns:
        for line in lines:
            if found := re.search(pattern, line):
                hint = "; free some space there" if found[1].startswith("No space") else ""
                return found[1].rstrip(".") + hint
    return lines[0] if lines else type(error).__name__
