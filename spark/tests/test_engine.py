"""The same model from every engine, with and without kills; one clear line where there can be none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from conftest import Bench
from processes import PATIENCE, expect_failure, expect_model, wait_until

from tally_spark import frames
from tally_spark.loopback import (
    Cluster,
    command_of,
    kill_executor_of,
    processes,
    state_of,
    stopped_workers,
    tally_workers,
)


def stopped_worker(folder: Path) -> int:
    """The worker below a folder that stopped itself in the middle of a round."""
    wait_until(lambda: stopped_workers(folder), "a stop")
    return stopped_workers(folder)[0]


def drivers(bench: Bench) -> list[int]:
    """The Spark drivers of trainings on these shards."""
    return [pid for pid in processes() if "tally_spark" in command_of(pid) and str(bench.shards) in command_of(pid)]


def in_workers(signal: str) -> list[str]:
    """Options that give a signal's place to the workers of a cluster."""
    return ["--spark-conf", f"spark.executorEnv.TALLY_TEST_SIGNAL={signal}"]


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """The file that lets one worker of many stop."""
    path = tmp_path / "token"
    path.touch()
    return path


def test_threads_of_spark(bench: Bench, local: list[str]) -> None:
    output = expect_model(bench.start("local2", *local))
    assert bench.model("local2") == bench.model("whole")
    assert "\nrounds  " in output and " 0 retries\n" in output
    costs = bench.costs("local2")
    assert costs["rounds"] > 30 and costs["broadcastBytes"] > 10_000 and costs["tallyBytes"] > 10_000
    assert costs["mapSeconds"] > 0 and costs["retries"] == 0


def test_a_killed_worker_does_not_show(bench: Bench, local: list[str], token: Path) -> None:
    expect_model(bench.start("killed", *local, signal=f"KILL map 8 {token}"))
    assert not token.exists()
    assert bench.model("killed") == bench.model("whole")
    assert bench.costs("killed")["retries"] >= 1
    assert "the tally worker ended (signal 9)" in (bench.folder / "killed" / "engine.log").read_text()


def test_two_machines(bench: Bench, cluster: Cluster) -> None:
    expect_model(bench.start("cluster1", *cluster.options))
    assert bench.model("cluster1") == bench.model("whole")


def test_two_machines_and_a_killed_worker(bench: Bench, cluster: Cluster, token: Path) -> None:
    expect_model(bench.start("cluster2", *cluster.options, *in_workers(f"KILL map 8 {token}")))
    assert not token.exists()
    assert bench.model("cluster2") == bench.model("whole")
    assert bench.costs("cluster2")["retries"] >= 1


def test_two_machines_and_a_killed_executor(bench: Bench, cluster: Cluster, token: Path) -> None:
    process = bench.start("cluster3", *cluster.options, *in_workers(f"STOP map 8 {token}"))
    kill_executor_of(stopped_worker(cluster.folder), cluster.folder)
    expect_model(process)
    assert bench.model("cluster3") == bench.model("whole")
    wait_until(lambda: not tally_workers(cluster.folder), "the end of all workers")


def test_a_killed_driver_leaves_a_checkpoint(bench: Bench, local: list[str]) -> None:
    process = bench.start("driver", *local, signal="STOP round 10")
    wait_until(lambda: state_of(process.pid) == "T", "a stop")
    found = drivers(bench)
    assert len(found) == 1
    os.kill(found[0], signal.SIGKILL)
    process.send_signal(signal.SIGCONT)
    expect_failure(process, "the Spark driver", "--resume")
    assert not (bench.folder / "driver" / "model.tally").exists()
    # This Python is named by its path: a folder that says so is asked about.
    expect_failure(bench.resume("driver"), f"engine.python {sys.executable}", "--trust")
    expect_model(bench.resume("driver", "--trust"))
    assert bench.model("driver") == bench.model("whole")


def test_a_killed_training_ends_its_driver(bench: Bench, local: list[str], tmp_path: Path) -> None:
    process = bench.start("training", *local, signal="KILL round 10")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not drivers(bench) and not tally_workers(tmp_path), "the end of the driver")
    expect_model(bench.resume("training", "--engine", "local"))
    assert bench.model("training") == bench.model("whole")


@pytest.fixture
def copy(bench: Bench, tmp_path: Path) -> Bench:
    """A bench of its own, to be damaged."""
    other = Bench(tmp_path / "copy", bench.tally)
    shutil.copytree(bench.shards, other.shards)
    shutil.copy(bench.folder / "plan.json", other.folder)
    return other


def test_a_corrupt_shard_is_named(copy: Bench, local: list[str]) -> None:
    path = copy.shards / "part-00002.tshard"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    host = os.uname().nodename
    expect_failure(copy.start("run", *local), host, "part-00002.tshard", "checksum", "write the shards again")
    path.write_bytes(content[:-1])
    expect_failure(copy.start("run", *local), host, "part-00002.tshard", f"the manifest says {len(content)}")
    path.unlink()
    expect_failure(copy.start("run", *local), "part-00002.tshard", "no such file")
    assert not (copy.folder / "run" / "model.tally").exists()


def test_no_shards_no_spark_no_worker(copy: Bench, local: list[str], tmp_path: Path) -> None:
    expect_failure(copy.start("run", *local, "--worker", "/no/tally"), "/no/tally", "No such file", "install")
    manifest = copy.shards / "tally-shards.json"
    manifest.write_text("{}")
    expect_failure(copy.start("run", *local), "tally-shards.json", "write the shards again")
    manifest.unlink()
    expect_failure(copy.start("run", *local), "tally-shards.json", "tally shard")
    expect_failure(copy.start("run", "--engine", "spark", "--python", "/no/python"), "/no/python", "engine.log")


def test_another_version_is_refused(copy: Bench, local: list[str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    hello = tmp_path / "hello"
    with hello.open("wb") as stream:
        frames.send(stream, frames.Kind.HELLO, b"9.9.9")
    other.write_text(f"#!/bin/sh\ncat '{hello}'\ncat > /dev/null\n")
    other.chmod(0o755)
    host = os.uname().nodename
    expect_failure(copy.start("run", *local, "--worker", str(other)), host, "shards [", "is tally 9.9.9", "install")
    newer = bytearray(hello.read_bytes())
    newer[4] = 2
    head = bytes(newer[:16])
    hello.write_bytes(head + zlib.crc32(head).to_bytes(4, "little") + bytes(newer[20:]))
    expect_failure(copy.start("run", *local, "--worker", str(other)), host, "shards [", "version 2, not 1")


def test_a_full_disk_is_named(bench: Bench, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).returncode:
        pytest.skip("a small disk cannot be mounted here (needs root)")
    try:
        with Cluster(tmp_path / "cluster", workers=1, local_folder=disk) as cluster:
            options = [*cluster.options, "--worker", bench.tally]
            expect_failure(bench.start("full", *options), "127.0.0.1", "shards", "No space left", "free some")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_help_starts_no_spark() -> None:
    answer = subprocess.run([sys.executable, "-m", "tally_spark", "--help"], capture_output=True, text=True)
    assert answer.returncode == 0 and "--master" in answer.stdout + answer.stderr
