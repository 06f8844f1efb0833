"""The driver side: which site has which shards, rounds over all of them, what went wrong in one line."""

from __future__ import annotations

import json
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from . import frames, messages
from .federation import Address, Federation, Node, Reply
from .frames import FrameError, Kind
from .messages import About, MessageError, Round, Shard
from .process import Worker, WorkerDied, WorkerFailed

MANIFEST = "tally-shards.json"
# Seconds between two looks for nodes that are new.
_LOOK = 1.0
# Seconds between two looks for answers: a part of the time waited, within limits.
_SHORTEST, _LONGEST, _PART = 0.02, 0.5, 0.1


class DriverError(Exception):
    """One line for people."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    data: str
    tally: str
    version: str
    address: Address
    site_timeout: float


@dataclass
class SiteState:
    """What is known of a site."""

    name: str
    shards: list[Shard] = field(default_factory=list)
    # Where it is; None while it is not there.
    node: Node | None = None
    # The description that it has.
    key: str = ""


@dataclass
class Question:
    """A round while it is asked."""

    request: frames.RoundRequest
    # The description's checksum.
    key: str
    started: float = field(default_factory=time.monotonic)
    # Sites that have been asked, where; messages without an answer; answers.
    asked: dict[str, Node] = field(default_factory=dict)
    waiting: dict[str, SiteState] = field(default_factory=dict)
    tallies: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0
    retries: int = 0
    longest: float = 0.0


class Driver:
    """A training's shards at their sites."""

    def __init__(
        self, federation: Federation, options: Options, manifest: tuple[bytes, str, list[SiteState]]
    ) -> None:
        self.federation, self.options = federation, options
        self.manifest, self.digest, self.sites = manifest
        # Nodes that were asked who they are, by message; nodes that have been asked at all.
        self._asked: dict[str, Node] = {}
        self._known: set[Node] = set()
        self._looked = 0.0
        try:
            self.adder = Worker([options.tally, "worker"], options.version)
        except (WorkerDied, WorkerFailed) as error:
            raise DriverError(str(error)) from error
        self._gather()

    def _gather(self) -> None:
        """Waits until every site is there."""
        deadline = time.monotonic() + self.options.site_timeout
        while missing := [site.name for site in self.sites if site.node is None]:
            if time.monotonic() > deadline:
                raise self._late(missing[0], "did not come", "and reaches the SuperLink")
            self._meet()
            time.sleep(_PART)

    def _late(self, name: str, what: str, more: str) -> DriverError:
        return DriverError(
            f"site {name} {what} within {self.options.site_timeout:g} s (--site-timeout); "
            f"see that tally-site runs there, {more}"
        )

    def _meet(self) -> None:
        """Asks new nodes who they are, and hears who others are."""
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._looked = now
            for node in self.federation.nodes():
                if node not in self._known:
                    self._known.add(node)
                    [name] = self.federation.send([node], messages.ABOUT, messages.pack(About("", "", "", [])))
                    if name:
                        self._asked[name] = node
        for reply in self.federation.replies(list(self._asked)):
            node = self._asked.pop(reply.message)
            try:
                if reply.content is None:
                    raise MessageError(reply.error)
                self._welcome(node, messages.about(reply.content))
            except MessageError as error:
                print(f"node {node.number} is no site of Tally: {error}", file=sys.stderr, flush=True)

    def _welcome(self, node: Node, about: About) -> None:
        """Takes a site in, unless it is not the one that the manifest means."""
        site = next((site for site in self.sites if site.name == about.site), None)
        if site is None:
            print(f"site {about.site} has no shards in this training", file=sys.stderr, flush=True)
            return
        if about.version != self.options.version:
            raise DriverError(
                f"site {site.name} runs tally {about.version}, but this training uses {self.options.version}; "
                "install the same version there"
            )
        if about.digest != self.digest:
            raise DriverError(
                f"site {site.name} has shards of another agreement; join the sites' tally-site.json again"
            )
        if sorted(about.shards) != site.shards:
            changed = sorted(set(site.shards) ^ set(about.shards))[0].number
            raise DriverError(
                f"site {site.name}: shard {changed} is not the one that was joined; "
                "join the sites' tally-site.json again, or bring the old shards back"
            )
        site.node, site.key = node, ""

    def answer(self, request: frames.RoundRequest) -> tuple[dict[str, float], bytes, str]:
        """Runs a round; what it cost, and the sum of all sites."""
        question = Question(request, f"{zlib.crc32(request.spec):08x}")
        while missing := [site.name for site in self.sites if site.name not in question.tallies]:
            self._ask(question)
            heard = self._hear(question)
            waited = time.monotonic() - question.started
            if waited > self.options.site_timeout:
                raise self._late(missing[0], "gave no answer", "or give rounds longer")
            self._meet()
            if not heard:
                time.sleep(min(_LONGEST, max(_SHORTEST, _PART * waited)))
        total = self._add([question.tallies[site.name] for site in self.sites])
        wall = time.monotonic() - question.started
        report = {
            "rounds": 1,
            "broadcastBytes": question.sent,
            "tallyBytes": sum(map(len, question.tallies.values())),
            "mapSeconds": min(question.longest, wall),
            "reduceSeconds": wall - min(question.longest, wall),
            "retries": question.retries,
        }
        return report, total, ""

    def _ask(self, question: Question) -> None:
        """Asks the sites that are there and have not been asked; one that came again has forgotten the question."""
        request, open_sites = question.request, []
        for site in self.sites:
            if site.name not in question.tallies and site.node and question.asked.get(site.name) != site.node:
                open_sites.append(site)
        # Those that have the description already get the same message without it.
        for spec in (b"", request.spec):
            sites = [site for site in open_sites if (site.key == question.key) == (spec == b"")]
            nodes = [site.node for site in sites if site.node]
            message = Round(request.number, self.digest, request.part, question.key, spec, request.state)
            names = self.federation.send(nodes, messages.ROUND, messages.pack(message))
            for site, name in zip(sites, names, strict=True):
                question.retries += site.name in question.asked
                if site.node:
                    question.asked[site.name] = site.node
                if name:
                    question.waiting[name] = site
                    site.key = question.key
                    question.sent += len(spec) + len(request.state)

    def _hear(self, question: Question) -> bool:
        """Takes the answers that have come; whether there were any."""
        replies = self.federation.replies(list(question.waiting))
        for reply in replies:
            site = question.waiting.pop(reply.message)
            if site.name in question.tallies:
                continue
            tally, seconds = self._take(site, reply)
            if not tally:
                # Lost on the way, so that it has to say again who it is, or without the description: once more.
                if reply.content is None and site.node:
                    self._known.discard(site.node)
                    site.node = None
                site.key = ""
                question.asked.pop(site.name, None)
                question.retries += 1
                continue
            if frames.tally_round(tally) != question.request.number:
                raise DriverError(f"site {site.name}: an answer of another round")
            question.tallies[site.name] = tally
            question.longest = max(question.longest, seconds)
        return bool(replies)

    def _take(self, site: SiteState, reply: Reply) -> tuple[bytes, float]:
        """A site's sum and how long it took; empty where it is to be asked again."""
        if reply.content is None:
            print(f"site {site.name}: {reply.error}", file=sys.stderr, flush=True)
            return b"", 0.0
        try:
            answer = messages.answer(reply.content)
        except MessageError as error:
            raise DriverError(f"site {site.name}: {error}") from error
        if answer.failure:
            raise DriverError(f"site {site.name}: {answer.failure}")
        return answer.tally, answer.seconds

    def _add(self, tallies: list[bytes]) -> bytes:
        total = tallies[0]
        for tally in tallies[1:]:
            try:
                total = self.adder.ask("adding tallies", Kind.ADD, frames.add_head(total), total, tally).payload
            except (WorkerDied, WorkerFailed, FrameError) as error:
                raise DriverError(str(error)) from error
        return total


def read_manifest(folder: Path) -> tuple[bytes, str, list[SiteState]]:
    """The joined manifest, the digest of its set, and the sites it names."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        about = json.loads(content)
        sites: dict[str, SiteState] = {}
        for number, shard in enumerate(about["shards"]):
            name = shard.get("site")
            if name is None:
                raise DriverError(f"{path}: names no sites; join the sites' tally-site.json with tally shard --join")
            site = sites.setdefault(str(name), SiteState(str(name)))
            site.shards.append(Shard(number, int(shard["bytes"]), str(shard["checksum"])))
        return content, str(about["digest"]), list(sites.values())
    except OSError as error:
        raise DriverError(f"{path}: {error.strerror}; make it with tally shard --join") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DriverError(f"{path}: not a manifest of shards; join the sites' tally-site.json again") from error
