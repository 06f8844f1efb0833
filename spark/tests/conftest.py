"""A small data set in shards, a plan of some seconds, and trainings on them."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import expect_model

from tally_spark.loopback import Cluster

PLAN = {
    "name": "tiny",
    "mergesPerPass": 3,
    "augmentation": {"shift": 1},
    "layers": [
        {
            "filters": 32,
            "start": "cluster",
            "cluster": {"rounds": 3},
            "refine": {"passes": 3, "batch": 32},
            "reduction": "or",
        },
        {"filters": 32, "start": "split", "refine": {"passes": 3, "batch": 32}, "head": {"passes": 1}},
    ],
}
COUNT, SIDE, CLASSES = 1200, 24, 3

# Every training here starts a Java of its own, most for seconds: compiling its hottest code once more does not pay, and
# takes twice the processor time.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

# Seconds after which something counts as hung; far more than anything here needs.


@dataclass
class Bench:
    """A folder with shards and a plan."""

    folder: Path
    tally: str

    @property
    def shards(self) -> Path:
        return self.folder / "shards"

    def command(self, out: str, *options: str) -> list[str]:
        where = ["--data", str(self.shards), "--plan", str(self.folder / "plan.json"), "--out", str(self.folder / out)]
        return [self.tally, "train", *where, *options]

    def start(self, out: str, *options: str, signal: str = "") -> subprocess.Popen[str]:
        """Starts a training; `signal` is for the hook in Sources/TallyTool/TestHook.swift."""
        return self._start(self.command(out, *options), signal)

    def resume(self, out: str, *options: str) -> subprocess.Popen[str]:
        return self._start([self.tally, "train", "--resume", str(self.folder / out), *options])

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


def write_idx(path: Path, sizes: list[int], content: bytes) -> None:
    path.write_bytes(struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes) + content)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("bench")
    bench = Bench(folder, os.environ["TALLY_TOOL"])
    draw = random.Random(1)
    pixels = bytearray()
    for i in range(COUNT):
        dx, dy = [(1, 0), (0, 1), (1, 1)][i % CLASSES]
        phase = draw.randrange(6)
        for y in range(SIDE):
            for x in range(SIDE):
                pixels.append((110 if (x * dx + y * dy + phase) // 3 % 2 else 60) + draw.randrange(90))
    (folder / "data").mkdir()
    write_idx(folder / "data" / "train-images-idx3-ubyte", [COUNT, SIDE, SIDE], bytes(pixels))
    write_idx(folder / "data" / "train-labels-idx1-ubyte", [COUNT], bytes(i % CLASSES for i in range(COUNT)))
    (folder / "plan.json").write_text(json.dumps(PLAN))
    shard = [bench.tally, "shard", "--data", str(folder / "data"), "--shards", "4", "--out", str(bench.shards)]
    subprocess.run([*shard, "--quiet"], check=True)
    expect_model(bench.start("whole"))
    return bench


@pytest.fixture
def local(tmp_path: Path) -> list[str]:
    """Options that run a training on Spark's threads, with everything it sends below `tmp_path`."""
    place = ["--spark-conf", f"spark.local.dir={tmp_path}", "--python", sys.executable]
    return ["--engine", "spark", "--master", "local[2]", *place]


@pytest.fixture(scope="session")
def cluster(bench: Bench) -> Iterator[Cluster]:
    with Cluster(bench.folder / "cluster") as cluster:
        yield cluster
