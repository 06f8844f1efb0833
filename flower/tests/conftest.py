"""Three sites with unlike classes, the shards of all of them in one place, a plan of some seconds."""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import expect_model

from tally_flower.loopback import Program, SuperLink, site

PLAN = {
    "name": "tiny",
    "mergesPerPass": 1,
    "augmentation": {"shift": 1},
    "layers": [
        {
            "filters": 32,
            "start": "cluster",
            "cluster": {"rounds": 2},
            "refine": {"passes": 2, "batch": 32},
            "reduction": "or",
        },
        {"filters": 32, "start": "split", "refine": {"passes": 1, "batch": 32}, "head": {"passes": 1}},
    ],
}
SIDE = 24
# How many images of which classes each site has: no site has all of them, one has a single one.
SITES = {"alpha": {0: 300, 1: 60}, "beta": {2: 240}, "gamma": {1: 150, 3: 130, 0: 20}}
SHARDS = {"alpha": 2, "beta": 1, "gamma": 1}
NAMES = ["rows", "columns", "slopes", "squares"]

# Seconds after which something counts as hung; far more than anything here needs.


def picture(label: int, draw: random.Random) -> bytes:
    phase = draw.randrange(6)
    dx, dy = [(1, 0), (0, 1), (1, 1), (0, 0)][label]
    pixels = bytearray()
    for y in range(SIDE):
        for x in range(SIDE):
            bright = ((x + phase) // 4 + (y + phase) // 4) % 2 if label == 3 else (x * dx + y * dy + phase) // 3 % 2
            pixels.append((110 if bright else 60) + draw.randrange(90))
    return bytes(pixels)


def write_idx(path: Path, sizes: list[int], content: bytes) -> None:
    path.write_bytes(struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes) + content)


def write_data(folder: Path, counts: dict[int, int], seed: int) -> None:
    """A site's images as arrays, with names of the classes that it has."""
    folder.mkdir(parents=True)
    draw = random.Random(seed)
    own = sorted(counts)
    labels = [own.index(label) for label, count in counts.items() for _ in range(count)]
    draw.shuffle(labels)
    pixels = b"".join(picture(own[label], draw) for label in labels)
    write_idx(folder / "train-images-idx3-ubyte", [len(labels), SIDE, SIDE], pixels)
    write_idx(folder / "train-labels-idx1-ubyte", [len(labels)], bytes(labels))
    (folder / "classes.txt").write_text("".join(f"{NAMES[label]}\n" for label in own))


@dataclass
class Bench:
    """A folder with sites, their joined manifest, and a plan."""

    folder: Path
    tally: str
    started: list[Program] = field(default_factory=list)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.tally, *arguments], capture_output=True, text=True, cwd=self.folder)

    def do(self, *arguments: str) -> None:
        done = self.run(*arguments, "--quiet")
        assert done.returncode == 0, done.stderr

    def count(self, name: str) -> None:
        options = ["--site", name, "--count", "--shards", str(SHARDS[name]), "--out", name]
        self.do("shard", "--data", f"data/{name}", *options)

    def write(self, name: str) -> None:
        agreement = "joined/tally-agreement.json"
        self.do("shard", "--data", f"data/{name}", "--site", name, "--agreement", agreement, "--out", name)

    def join(self, file: str) -> None:
        self.do("shard", "--join", *(f"{name}/{file}" for name in SITES), "--out", "joined")

    def command(self, out: str, *options: str, data: str = "joined") -> list[str]:
        return [self.tally, "train", "--data", data, "--plan", "plan.json", "--out", out, *options]

    def start(self, out: str, *options: str, data: str = "joined", signal: str = "") -> subprocess.Popen[str]:
        """Starts a training; `signal` is for the hook in Sources/TallyTool/TestHook.swift."""
        return self._start(self.command(out, *options, data=data), signal)

    def resume(self, out: str, *options: str) -> subprocess.Popen[str]:
        return self._start([self.tally, "train", "--resume", out, *options])

    def _start(self, command: list[str], signal: str = "") -> subprocess.Popen[str]:
        environment = os.environ | {"TALLY_CHECKPOINT_SECONDS": "0", "TALLY_TEST_SIGNAL": signal}
        return subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder
        )

    def model(self, out: str) -> bytes:
        return (self.folder / out / "model.tally").read_bytes()

    def costs(self, out: str) -> dict[str, float]:
        lines = [json.loads(line) for line in (self.folder / out / "log.jsonl").read_text().splitlines()]
        return next(line for line in reversed(lines) if line["event"] == "rounds")

    def site(
        self, name: str, superlink: SuperLink, *options: str, environment: dict[str, str] | None = None
    ) -> Program:
        """Starts a site; `end` ends it."""
        log = self.folder / f"{name}.log"
        program = site(self.folder / name, superlink, self.tally, *options, log=log, environment=environment)
        self.started.append(program)
        return program

    def sites(self, superlink: SuperLink) -> dict[str, Program]:
        return {name: self.site(name, superlink) for name in SITES}

    def end(self) -> None:
        while self.started:
            self.started.pop().stop()


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Sites with shards, all shards in one place, and the model from there."""
    bench = Bench(tmp_path_factory.mktemp("bench"), os.environ["TALLY_TOOL"])
    for seed, (name, counts) in enumerate(SITES.items()):
        write_data(bench.folder / "data" / name, counts, seed)
    (bench.folder / "plan.json").write_text(json.dumps(PLAN))
    for name in SITES:
        bench.count(name)
    bench.join("tally-counts.json")
    for name in SITES:
        bench.write(name)
    bench.join("tally-site.json")
    shutil.copytree(bench.folder / "joined", bench.folder / "together")
    for name in SITES:
        for part in (bench.folder / name).glob("*.tshard"):
            shutil.copy(part, bench.folder / "together")
    expect_model(bench.start("whole", data="together"))
    return bench


@pytest.fixture
def bench(whole: Bench) -> Iterator[Bench]:
    """The same; what was started ends with the test."""
    yield whole
    whole.end()


@pytest.fixture
def copy(whole: Bench, tmp_path: Path) -> Iterator[Bench]:
    """A bench of its own, to be damaged."""
    other = Bench(tmp_path / "copy", whole.tally)
    other.folder.mkdir()
    for name in ["data", "joined", *SITES]:
        shutil.copytree(whole.folder / name, other.folder / name)
    shutil.copy(whole.folder / "plan.json", other.folder)
    yield other
    other.end()


@pytest.fixture(scope="session")
def superlink(whole: Bench) -> Iterator[SuperLink]:
    with SuperLink(whole.folder / "superlink") as superlink:
        assert isinstance(superlink, SuperLink)
        yield superlink


