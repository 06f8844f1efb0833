"""`tally-site`: a site's shards, counted where they are for whoever trains at the SuperLink."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flwr.app import RecordDict

from . import frames, messages
from .frames import FrameError, Kind
from .messages import About, Answer, MessageError, Round, Shard
from .node import Link, NodeError, answer_messages
from .process import Worker, WorkerDied, WorkerFailed

DESCRIPTION = "tally-site.json"


class SiteError(Exception):
    """One line for people."""


class Site:
    """A site's shards in a kept `tally worker`."""

    def __init__(self, folder: Path, command: list[str], least_images: int) -> None:
        self.folder, self.command, self.least_images = folder, command, least_images
        self.name = ""
        self.shards: dict[str, Shard] = {}
        # Images of both parts: training, validation.
        self.images = (0, 0)
        self._worker: Worker | None = None
        self._specs: dict[str, bytes] = {}
        self._read()

    def begin(self) -> None:
        """Hands all shards to the worker, so that what is wrong with them is known at once."""
        if self.images[0] < self.least_images:
            raise SiteError(f"{self.images[0]} images to learn from are fewer than --least-images {self.least_images}")
        self.version = self.worker.version

    def _read(self) -> None:
        path = self.folder / DESCRIPTION
        try:
            content = json.loads(path.read_bytes())["content"]
            self.name, self.digest = str(content["site"]), str(content["digest"])
            listed = content["shards"]
            first = int(content["first"])
            self.shards = {
                str(shard["file"]): Shard(first + place, int(shard["bytes"]), str(shard["checksum"]))
                for place, shard in enumerate(listed)
            }
            self.images = (sum(int(shard["images"]) for shard in listed), sum(int(shard["judges"]) for shard in listed))
        except OSError as error:
            raise SiteError(f"{path}: {error.strerror}; write shards with tally shard --site NAME") from error
        except (ValueError, KeyError, TypeError) as error:
            raise SiteError(f"{path}: not a description of a site's shards; write the shards again") from error

    @property
    def worker(self) -> Worker:
        """The worker with all shards, started anew where it has ended."""
        if self._worker is not None and self._worker.process.poll() is None:
            return self._worker
        worker = Worker(self.command, None)
        try:
            for name, shard in self.shards.items():
                path = self.folder / name
                try:
                    content = path.read_bytes()
                except OSError as error:
                    raise SiteError(f"{path}: {error.strerror}; write the shards again") from error
                if len(content) != shard.size:
                    raise SiteError(
                        f"{path}: has {len(content)} bytes, but {DESCRIPTION} says {shard.size}; write the shards again"
                    )
                worker.ask(f"reading {name}", Kind.SHARD, frames.shard_head(str(path), shard.checksum), content)
        except BaseException:
            worker.end()
            raise
        self._worker = worker
        return worker

    @property
    def about(self) -> About:
        return About(self.name, self.version, self.digest, list(self.shards.values()))

    def reply(self, kind: str, content: RecordDict) -> RecordDict | None:
        """The answer to a message."""
        if kind == messages.ABOUT:
            return messages.pack(self.about)
        if kind != messages.ROUND:
            return None
        started = time.monotonic()
        try:
            tally, failure = self.map(messages.round_of(content)), ""
        except (SiteError, WorkerDied, WorkerFailed, FrameError, MessageError) as error:
            tally, failure = b"", " ".join(str(error).split())
            print(f"site {self.name}: {failure}", file=sys.stderr, flush=True)
        return messages.pack(Answer(tally, failure, time.monotonic() - started))

    def map(self, request: Round) -> bytes:
        """The sum of all shards' tallies; empty where the round's description is still to come."""
        if request.digest != self.digest:
            raise SiteError("asked for shards of another agreement; join the sites' tally-site.json again")
        if request.part not in (0, 1):
            raise SiteError(f"asked for a part {request.part} of the images")
        if self.images[request.part] < self.least_images and self.images[request.part] > 0:
            part = ("training", "validation")[request.part]
            raise SiteError(
                f"{self.images[request.part]} {part} images are fewer than --least-images {self.least_images}"
            )
        if request.spec:
            if f"{zlib.crc32(request.spec):08x}" != request.key:
                raise SiteError("a round's description does not match its checksum")
            self._specs = {request.key: request.spec}
        spec = self._specs.get(request.key)
        if spec is None:
            return b""
        # All of the site's shards, so that nobody learns what a single one counts to.
        mine = [shard.number for shard in self.shards.values()]
        head = frames.round_head(request.number, int(self.digest, 16), request.part, mine, len(spec))
        try:
            tally = self.worker.ask("mapping its shards", Kind.ROUND, head, spec, request.state).payload
        except WorkerDied as error:
            # Once more with a new one; a second death would repeat itself.
            print(f"site {self.name}: {error}; starting another", file=sys.stderr, flush=True)
            tally = self.worker.ask("mapping its shards", Kind.ROUND, head, spec, request.state).payload
        if frames.tally_round(tally) != request.number:
            raise SiteError(f"the worker's answer is of round {frames.tally_round(tally)}, not {request.number}")
        return tally

    def end(self) -> None:
        if self._worker is not None:
            self._worker.end()


class _Unknown(BaseException):
    """The SuperLink does not know this site; no `Exception`, as Flower's connection would keep such a one to itself."""


class _LastWords(logging.Handler):
    """Keeps what Flower says last of an error, which it would spread over many lines."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        lines = [line.strip() for line in record.getMessage().splitlines()]
        self.text = " ".join(line for line in lines if line and not line.startswith(("Exit Code", "For more inf")))


@contextmanager
def _flower_said() -> Iterator[_LastWords]:
    """Flower's own log, reduced to its last error."""
    words = _LastWords()
    logger = logging.getLogger("flwr")
    before = logger.handlers[:]
    logger.handlers = [words]
    try:
        yield words
    finally:
        logger.handlers = before


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # Flower interrupts its own process where the SuperLink does not know the node.
    while frame is not None:
        if frame.f_globals.get("__name__") == "flwr.supercore.retry.http_retry":
            raise _Unknown
        frame = frame.f_back
    raise KeyboardInterrupt


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("tally-site", description="Counts a site's shards for tally train.")
    parser.add_argument("--data", required=True, type=Path, help="folder of the site's shards")
    parser.add_argument("--superlink", default="127.0.0.1:8000", help="host:port of Flower's SuperLink")
    parser.add_argument("--insecure", action="store_true", help="speak to the SuperLink without TLS")
    parser.add_argument("--root-certificates", help="certificates to check the SuperLink's by (default: the system's)")
    parser.add_argument("--auth-supernode-private-key", help="this site's key, where the SuperLink knows its sites")
    parser.add_argument("--tally", default="tally", help="the tally to count with (default: tally)")
    parser.add_argument("--threads", type=int, default=1, help="threads to count with (default: 1)")
    parser.add_argument("--least-images", type=int, default=1, help="refuse rounds over fewer images (default: 1)")
    found = parser.parse_args(arguments)
    if found.insecure and (found.root_certificates or found.auth_supernode_private_key):
        parser.error("--insecure uses no certificates and no keys")
    if not 1 <= found.threads <= 1024:
        parser.error("--threads must be in 1...1024")
    if found.least_images < 1:
        parser.error("--least-images must be at least 1")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Answers until it is ended; the exit status."""
    found = parse(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    site: Site | None = None
    place = str(found.data)
    with _flower_said() as words:
        try:
            site = Site(found.data, [found.tally, "worker", "--threads", str(found.threads)], found.least_images)
            place = f"site {site.name}"
            site.begin()
            print(f"{place}: {len(site.shards)} shards, {sum(site.images)} images, tally {site.version}", flush=True)
            link = Link(found.superlink, found.insecure, found.root_certificates, found.auth_supernode_private_key)
            answer_messages(link, site.reply, lambda: print(f"{place}: at {found.superlink}", flush=True))
        except KeyboardInterrupt:
            print(f"{place}: stopped", flush=True)
            return 0
        except _Unknown:
            said = "the SuperLink does not know this site (any more); start tally-site again, or register its key"
            print(f"error: {place}: {said}", file=sys.stderr, flush=True)
            return 1
        except SystemExit:
            print(f"error: {place}: {words.text or 'Flower ended'}", file=sys.stderr, flush=True)
            return 1
        except (SiteError, NodeError, WorkerDied, WorkerFailed, FrameError) as error:
            print(f"error: {place}: {error}", file=sys.stderr, flush=True)
            return 1
        finally:
            if site is not None:
                site.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
