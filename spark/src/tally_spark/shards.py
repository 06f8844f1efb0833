"""`python -m tally_spark.shards`, as `tally shard --engine spark` starts it: shards of images where these lie.

The process at the other end of the pipes draws and divides; this one lists, and has executors read and write.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import queue
import re
import struct
import sys
import traceback
from collections.abc import Iterator
from typing import Any, BinaryIO

from pyspark import SparkContext

from . import frames, training
from .cutting import TARGET, Ask, Cut, Fit, Form, WriteShard, shard_name, size_of
from .driver import MANIFEST, DriverError, Options, add_options, options_of, reason, spark_context
from .errors import TallyError
from .files import Kind as What
from .files import Place, place
from .frames import Frame, FrameError, Kind
from .shipping import send_package, send_tally
from .sources import MOST_OF_TASK, find, split_places
from .worker import Setup

WORK = ".tally-shards.tmp"
# Manifests that a folder of shards can have.
MANIFESTS = (MANIFEST, "tally-site.json")
# Tasks that an executor holds at a time.
MOST_TASKS = 16


class ShardMaker:
    """Makes shards on a Spark cluster."""

    def __init__(self, context: SparkContext, options: Options, out: str, image: str, label: str) -> None:
        self.context = context
        hadoop: Any = context._jsc.hadoopConfiguration()
        self.source, self.index = find(options.data, image, label, hadoop.get)
        self.out = place(out, hadoop.get)
        self.work = self.out / WORK
        send_package(context)
        sent = "" if options.worker else send_tally(context, options.tally, options.version)
        self.setup = Setup(options.version, options.worker_threads, options.worker, sent)
        self.cores = options.partitions or max(1, context.defaultParallelism)
        self.form: Form | None = None
        self.cuts: list[Cut] = []

    def answer(self, frame: Frame) -> tuple[Kind, bytes]:
        """What is said to a question."""
        match frame.kind:
            case Kind.LIST:
                return Kind.LISTED, self.listed(self.source.folder / frame.text)
            case Kind.BEGIN:
                return Kind.BEGUN, (self.source.folder / frame.text).read(12)
            case Kind.SURVEY:
                return Kind.LOOKED, self.ask(Kind.LOOK, b"", frame.payload, 0)
            case Kind.MEASURE:
                return Kind.FITTED, self.ask(Kind.FIT, b"\0" + frame.payload[:12], frame.payload, 12)
            case Kind.FORM:
                self.form = Form.read(frame.payload)
                return Kind.KEPT, b""
            case Kind.TARGETS:
                self.take(frame.payload)
                return Kind.KEPT, b""
            case Kind.WRITE:
                return Kind.WRITTEN, self.write()
            case Kind.MANIFEST:
                self.publish(frame.payload)
                return Kind.KEPT, b""
            case _:
                raise FrameError(f"the driver cannot answer a message of kind {frame.kind}")

    def listed(self, folder: Place) -> bytes:
        """What a folder holds."""
        entries = []
        for name, kind in folder.names():
            try:
                text = name.encode()
            except UnicodeEncodeError as error:
                raise TallyError(f"{folder.address}: holds a name that is no UTF-8; rename it") from error
            entries.append(struct.pack("<BH", kind, len(text)) + text)
        return b"".join(entries)

    def ask(self, question: Kind, head: bytes, payload: bytes, at: int) -> bytes:
        """Has workers asked about images; the answers in the order of these."""
        places, _ = split_places(payload, at)
        most = min(MOST_OF_TASK, math.ceil(len(places) / (2 * self.cores)) or 1)
        tasks = list(enumerate(self.source.tasks(places, most)))
        found = self.run(self.spread(tasks).mapPartitions(Ask(self.setup, self.source, question, head)))
        return b"".join(answer for _, answer in sorted(found))

    def take(self, payload: bytes) -> None:
        """Takes up where some images go."""
        places, at = split_places(payload)
        targets = list(TARGET.iter_unpack(payload[at:]))
        # Images that go nowhere need not be read.
        items = sorted({target[0] for target in targets})
        wanted = [places[item] for item in items]
        renumbered = {item: number for number, item in enumerate(items)}
        next_target, first = 0, 0
        for task in self.source.tasks(wanted, MOST_OF_TASK):
            end = first + (len(task.rows) or task.names.count(b"\0") + 1)
            mine = bytearray()
            while next_target < len(targets) and renumbered[targets[next_target][0]] < end:
                item, *rest = targets[next_target]
                mine += TARGET.pack(renumbered[item] - first, *rest)
                next_target += 1
            self.cuts.append(Cut(task, bytes(mine)))
            first = end

    def write(self) -> bytes:
        """Has all shards written; what they are, one after the other."""
        if self.form is None:
            raise FrameError("shards are to be written whose form is not known")
        self.work.remove_folder()
        self.work.make_folder()
        fitted = self.spread(self.cuts).mapPartitions(Fit(self.setup, self.source, self.form))
        self.cuts = []
        shards = fitted.partitionBy(self.form.shards, int)
        writing = shards.mapPartitionsWithIndex(WriteShard(self.setup, self.form, self.work))
        found = sorted((struct.unpack_from("<I", record)[0], record[4:]) for record in self.run(writing))
        # A shard that comes twice, or not at all, is noticed by whoever asked; one that is elsewhere only here.
        for number, record in found:
            file = self.work / shard_name(number)
            if file.size() != size_of(record):
                raise TallyError(f"{file.address}: is not where an executor wrote it; all machines must see --out")
        return b"".join(record for _, record in found)

    def publish(self, manifest: bytes) -> None:
        """Lets the new set take the place of an earlier one: that one's manifest goes first, the new one comes last."""
        (self.work / MANIFEST).write([manifest])
        for name in MANIFESTS:
            (self.out / name).remove()
        for name, kind in self.out.names():
            if kind == What.FILE and re.fullmatch(r"part-\d{5}\.tshard", name):
                (self.out / name).remove()
        for number in range(self.form.shards if self.form else 0):
            (self.work / shard_name(number)).move(self.out / shard_name(number))
        self.out.sync()
        (self.work / MANIFEST).move(self.out / MANIFEST)
        self.out.sync()
        self.work.remove_folder()

    def spread(self, tasks: list[Any]) -> Any:
        """Tasks on the executors, a few at a time, so that none of them holds many."""
        return self.context.parallelize(tasks, max(1, min(len(tasks), max(self.cores, len(tasks) // MOST_TASKS))))

    def run(self, records: Any) -> list[Any]:
        """What a job gives."""
        try:
            return list(records.collect())
        except Exception as error:
            raise DriverError(explain(error)) from error


def explain(error: Exception) -> str:
    """Spark's many lines in one."""
    text = str(error)
    if lacking := re.search(r"ModuleNotFoundError: (No module named .*)", text):
        remedy = (
            "install pyarrow and numpy there, or name a Python that has them with --spark-conf spark.pyspark.python=…"
        )
        return f"executors: {lacking[1]}; {remedy}"
    said = reason(error)
    lost = re.search(r"Lost task \d+\.\d+ in stage [\d.]+ \(TID \d+\) \(([^ )]+)", text)
    knows_host = re.search(r"(?:WorkerDied|TallyError): ", text)
    return f"{lost[1]}: {said}" if lost and not knows_host else said


def serve(maker: ShardMaker, requests: queue.Queue[Frame], output: BinaryIO) -> str:
    """Answers until nothing more is asked."""
    frames.send(output, Kind.SOURCE, b"\0" if maker.index is None else b"\1", maker.index or b"")
    maker.index = None
    while (frame := requests.get()).kind != Kind.END:
        kind, payload = maker.answer(frame)
        frames.send(output, kind, payload)
    return ""


@contextlib.contextmanager
def spark(options: Options, found: argparse.Namespace) -> Iterator[ShardMaker]:
    """A maker on Spark, which is stopped at the end; what was not published is removed."""
    context = spark_context(options)
    try:
        context.setLogLevel("WARN")
        maker = ShardMaker(context, options, found.out, found.image, found.label)
        try:
            yield maker
        except BaseException:
            with contextlib.suppress(TallyError):
                maker.work.remove_folder()
            raise
    finally:
        context.stop()


def line(error: Exception) -> str:
    """What to say of an error."""
    if isinstance(error, (DriverError, FrameError, TallyError)):
        return str(error)
    traceback.print_exception(error)
    return reason(error)


def main() -> None:
    parser = argparse.ArgumentParser("tally_spark.shards", description="Spark side of tally shard --engine spark.")
    add_options(parser, data="folder of class folders, or Parquet files")
    parser.add_argument("--out", required=True, help="folder to write into")
    parser.add_argument("--image", default="image")
    parser.add_argument("--label", default="label")
    found = parser.parse_args(sys.argv[1:])
    options = options_of(found)
    training.answer(lambda: spark(options, found), line, serve)


if __name__ == "__main__":
    main()
