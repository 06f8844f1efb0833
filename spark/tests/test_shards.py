"""Shards made by executors: the bytes of those made on one machine, with kills, too; a line where there can be none."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pictures import CLASSES, stripes, write_folder
from processes import PATIENCE, wait_until

from tally_spark.loopback import Cluster, kill_executor_of, stopped_workers, tally_workers

COUNT = 50


class Place:
    """A folder with data, and the tool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [os.environ["TALLY_TOOL"], "shard", *arguments],
            cwd=self.folder,
            env=os.environ | {"TMPDIR": str(self.temporary)} | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def shards(self, out: str, *arguments: str, **environment: str) -> dict[str, bytes]:
        """All files of a set of shards that is made now."""
        done = self.run("--out", out, *arguments, **environment)
        assert done.returncode == 0, done.stderr
        self.said = done.stderr
        assert list(self.temporary.iterdir()) == []
        return {path.name: path.read_bytes() for path in (self.folder / out).iterdir()}

    def equal(self, name: str, data: str, *options: str, spark: list[str]) -> dict[str, bytes]:
        """Makes the shards here and on Spark: their files and all warnings are the same."""
        is_table = ".parquet" in data or (self.folder / data / "data").exists()
        python = ["--python", sys.executable] if is_table else []
        local = self.shards(f"{name}-local", "--data", data, *options, *python)
        warnings = self.said
        made = self.shards(f"{name}-spark", "--data", data, *options, *spark)
        assert sorted(made) == sorted(local) and len(made) >= 2
        assert [file for file in local if made[file] != local[file]] == []
        assert self.said == warnings
        return made

    def clean(self) -> None:
        """Removes the logs that failures leave."""
        for log in self.temporary.iterdir():
            log.unlink()

    def fails(self, code: int, *parts: str, arguments: list[str], **environment: str) -> None:
        """Makes no shards: a line says why."""
        done = self.run(*arguments, **environment)
        assert done.returncode == code, done.stderr
        lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
        assert len(lines) == 1, done.stderr
        for part in parts:
            assert part in lines[0]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("shards"))
    folder = place.folder
    # A folder without parts: sizes differ, one file is no image, and some are no images' by name.
    mixed = folder / "mixed"
    write_folder(mixed, COUNT, seed=5)
    draw = random.Random(6)
    for name in CLASSES:
        for number in range(COUNT):
            (mixed / name / f"large{number:03}.png").write_bytes(stripes(name, draw, draw.choice([20, 24, 31])))
    (mixed / "down" / "0007.png").write_bytes(b"no picture")
    (mixed / "down" / "notes.txt").write_text("a note")
    (mixed / "across" / "unnamed").write_bytes(stripes("across", draw))
    (mixed / "empty").mkdir()
    # One with parts.
    write_folder(folder / "parts" / "train", COUNT, seed=7)
    write_folder(folder / "parts" / "val", 9, seed=8)
    # Tables: columns of bytes, and structs as Hugging Face's data sets have them, in two files of several row groups.
    rows: list[dict[str, Any]] = [
        {"image": path.read_bytes(), "label": path.parent.name} for path in sorted(mixed.rglob("*.png"))
    ]
    random.Random(9).shuffle(rows)
    pq.write_table(pa.Table.from_pylist(rows), folder / "bytes.parquet", row_group_size=41)
    names = list(CLASSES)
    structs = [
        {"image": {"bytes": row["image"], "path": f"{at}.png"}, "label": names.index(row["label"])}
        for at, row in enumerate(rows)
    ]
    (folder / "hub" / "data").mkdir(parents=True)
    for name, some in (("train-0", structs[:150]), ("train-1", structs[150:280]), ("validation-0", structs[280:])):
        pq.write_table(pa.Table.from_pylist(some), folder / "hub" / "data" / f"{name}.parquet", row_group_size=17)
    return place


@pytest.fixture
def spark(tmp_path: Path) -> list[str]:
    """Options that make shards on Spark's threads."""
    conf = ["--spark-conf", f"spark.local.dir={tmp_path}"]
    return ["--engine", "spark", "--master", "local[2]", "--python", sys.executable, *conf]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def test_class_folders(place: Place, spark: list[str]) -> None:
    made = place.equal("mixed", "mixed", "--shards", "7", spark=spark)
    assert "1 of 270 images that cannot be read" in place.said and "0007.png" in place.said
    first = place.equal("few", "mixed", "--shards", "1", spark=[*spark, "--partitions", "3"])
    assert first["part-00000.tshard"] != made["part-00000.tshard"]


def test_parts_balance_limits_and_groups(place: Place, spark: list[str]) -> None:
    place.equal("parts", "parts", "--shards", "3", "--size", "12x14", "--colour", "rgb", spark=spark)
    uneven = place.folder / "uneven"
    shutil.copytree(place.folder / "mixed", uneven)
    for number in range(30):
        (uneven / "across" / f"{number:04}.png").unlink()
    options = ["--balance", "--seed", "9", "--validation", "0.3", "--limit", "150", "--shards", "4"]
    place.equal("balanced", "uneven", *options, spark=spark)
    place.equal("grouped", "mixed", "--group", r"(\d)\.png", "--test", "0", "--shards", "2", spark=spark)


def test_tables(place: Place, spark: list[str]) -> None:
    place.equal("bytes", "bytes.parquet", "--shards", "5", spark=spark)
    place.equal("hub", "hub", "--shards", "3", spark=spark)
    files = ",".join(f"hub/data/train-{number}.parquet" for number in (0, 1))
    place.equal("named", files, "--shards", "2", "--balance", spark=spark)


def test_addresses(place: Place, spark: list[str]) -> None:
    made = place.shards("address", "--data", f"file://{place.folder}/mixed", "--shards", "4", *spark)
    local = place.shards("address-local", "--data", "mixed", "--shards", "4")
    assert made == local
    again = ["--data", "mixed", "--shards", "4", *spark, "--out", f"file://{place.folder}/address-out"]
    done = place.run(*again)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in (place.folder / "address-out").iterdir()} == local


def test_two_machines_and_a_killed_worker(place: Place, cluster: Cluster, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    kill = ["--spark-conf", f"spark.executorEnv.TALLY_TEST_SIGNAL=KILL cut 1 {token}"]
    python = ["--spark-conf", f"spark.pyspark.python={sys.executable}"]
    place.equal("killed", "mixed", "--shards", "6", spark=[*cluster.options, *python, *kill])
    assert not token.exists()


def test_two_machines_and_a_killed_executor(place: Place, cluster: Cluster, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    local = place.shards("lost-local", "--data", "parts", "--shards", "5")
    conf = [f"spark.pyspark.python={sys.executable}", f"spark.executorEnv.TALLY_TEST_SIGNAL=STOP cut 1 {token}"]
    command = [os.environ["TALLY_TOOL"], "shard", "--data", "parts", "--shards", "5", "--out", "lost"]
    command += [*cluster.options, *(word for setting in conf for word in ("--spark-conf", setting))]
    environment = os.environ | {"TMPDIR": str(place.temporary)}
    with subprocess.Popen(command, cwd=place.folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: stopped_workers(cluster.folder), "a stop")
        kill_executor_of(stopped_workers(cluster.folder)[0], cluster.folder)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert {path.name: path.read_bytes() for path in (place.folder / "lost").iterdir()} == local


def test_executors_without_pyarrow_are_named(place: Place, cluster: Cluster, tmp_path: Path) -> None:
    lacking = tmp_path / "python"
    lacking.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    lacking.chmod(0o755)
    arguments = ["--data", "mixed", "--shards", "2", "--out", "lacking", *cluster.options]
    arguments += ["--spark-conf", f"spark.pyspark.python={lacking}"]
    place.fails(1, "executors: No module named", "spark.pyspark.python", arguments=arguments)
    place.clean()


def test_an_earlier_set_stays_until_the_new_one_is_whole(place: Place, spark: list[str]) -> None:
    before = place.shards("kept", "--data", "parts", "--shards", "9")
    # Every worker that is handed a shard dies.
    fatal = {"TALLY_TEST_SIGNAL": "KILL cut 1"}
    arguments = ["--data", "mixed", "--shards", "3", "--out", "kept", *spark]
    place.fails(1, "the tally worker ended (signal 9) while checking shard", arguments=arguments, **fatal)
    assert {path.name: path.read_bytes() for path in (place.folder / "kept").iterdir()} == before
    place.clean()
    after = place.shards("kept", "--data", "mixed", "--shards", "3", *spark)
    assert sorted(after) == [*(f"part-0000{number}.tshard" for number in range(3)), "tally-shards.json"]


def test_what_cannot_be_made_is_said_in_a_line(place: Place, spark: list[str], tmp_path: Path) -> None:
    host = os.uname().nodename

    def fails(code: int, *parts: str, data: str = "mixed", options: list[str] | None = None) -> None:
        arguments = ["--data", data, "--shards", "3", "--out", str(tmp_path / "out"), *spark, *(options or [])]
        place.fails(code, *parts, arguments=arguments)
        assert not (tmp_path / "out" / "tally-shards.json").exists()
        assert not (tmp_path / "out" / ".tally-shards.tmp").exists()
        place.clean()

    fails(1, "fashion-mnist: --engine spark takes a folder", "leave it out", data="fashion-mnist")
    fails(1, "/no/folder: no such folder", data="/no/folder")
    fails(1, "no such folder", data="file:///no/folder")
    fails(1, "cannot be reached", data="nowhere://bucket/images")
    fails(2, "--threads is for this process", options=["--threads", "2"])
    fails(2, "--shards 3000: there are only", options=["--shards", "3000"])
    fails(2, "name columns of Parquet files", options=["--image", "x"])
    fails(1, "has no column 'x'", data="bytes.parquet", options=["--image", "x"])
    fails(1, host, "/no/tally", "install tally there", options=["--worker", "/no/tally"])
    place.fails(
        2,
        "--master is for --engine spark",
        arguments=["--data", "mixed", "--shards", "2", "--out", "x", "--master", "x"],
    )
    shutil.copytree(place.folder / "mixed", tmp_path / "broken")
    for number in range(20):
        (tmp_path / "broken" / "across" / f"{number:04}.png").write_bytes(b"x")
    fails(1, "of 270 images cannot be read, more than one in a hundred", data=str(tmp_path / "broken"))
    shutil.rmtree(tmp_path / "broken")
    shutil.copytree(place.folder / "mixed", tmp_path / "broken")
    (tmp_path / "broken" / "across" / "0001.png").unlink()
    (tmp_path / "broken" / "across" / "0001.png").symlink_to("/no/file")
    fails(1, host, "across/0001.png", "No such file", "all machines must see it", data=str(tmp_path / "broken"))
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "train-images-idx3-ubyte").write_bytes(b"x")
    fails(1, "no class folders", "for other data leave out --engine", data=str(tmp_path / "numbers"))
    content = (place.folder / "bytes.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[:-20])
    fails(1, "cut.parquet", "no Parquet file that can be read", data=str(tmp_path / "cut.parquet"))
    (tmp_path / "cut.parquet").write_bytes(content[:4] + bytes(4000) + content[4004:])
    fails(1, "cut.parquet", "fetch it again", data=str(tmp_path / "cut.parquet"))


def test_a_full_disk_is_named(place: Place, spark: list[str], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).returncode:
        pytest.skip("a small disk cannot be mounted here (needs root)")
    try:
        arguments = ["--data", "mixed", "--shards", "2", "--out", str(disk / "out"), *spark]
        place.fails(1, os.uname().nodename, str(disk), "No space left", "free some space", arguments=arguments)
        assert [path.name for path in disk.rglob("*") if path.is_file()] == []
    finally:
        subprocess.run(["umount", disk], check=True)
    place.clean()
    assert not tally_workers(tmp_path)
