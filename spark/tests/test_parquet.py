"""Parquet files in place of folders: the same models, parts and shards; one clear line where there can be none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import PLAN
from pictures import CLASSES, write_folder

COUNT = 40


class Place:
    """A folder with pictures in class folders and the tool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"TMPDIR": str(self.temporary)}
        command = [os.environ["TALLY_TOOL"], *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)

    def tally(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert list(self.temporary.iterdir()) == []
        return done.stdout

    def fails(self, code: int, line: str, *arguments: str) -> None:
        done = self.run(*arguments)
        assert done.returncode == code and done.stderr.count("\n") == 1, done.stderr
        assert line in done.stderr
        assert list(self.temporary.iterdir()) == []

    def train(self, data: str, out: str, *options: str) -> bytes:
        python = ["--python", sys.executable] if data.startswith("table") else []
        self.tally("train", "--data", data, "--plan", "plan.json", "--out", out, "--quiet", *python, *options)
        return (self.folder / out / "model.tally").read_bytes()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("parquet")
    write_folder(folder / "folders" / "set", COUNT, seed=1)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    (folder / "tmp").mkdir()
    rows = rows_of(folder / "folders" / "set")
    (folder / "table" / "set").mkdir(parents=True)
    # In two files of several row groups, which are rows of one table.
    half = len(rows) // 2
    write(folder / "table" / "set" / "train-0.parquet", rows[:half])
    write(folder / "table" / "set" / "train-1.parquet", rows[half:])
    return Place(folder)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Pictures of class folders as Hugging Face's data sets hold them."""
    return [
        {"image": {"bytes": path.read_bytes(), "path": path.name}, "label": path.parent.name}
        for path in sorted(folder.rglob("*.png"))
    ]


def write(path: Path, rows: list[dict[str, Any]], metadata: dict[str, Any] | None = None) -> None:
    table = pa.Table.from_pylist(rows)
    if metadata:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    pq.write_table(table, path, row_group_size=17)


def test_a_table_is_a_folder(place: Place) -> None:
    assert place.train("table/set", "by-table") == place.train("folders/set", "by-folder")
    # The test part is drawn again, from the data that the run remembers; PATH has no Python with the package.
    evaluate = ["evaluate", "--json"]
    found = place.tally(*evaluate, "by-table", "--python", sys.executable)
    assert json.loads(found)["images"] == 12 == json.loads(place.tally(*evaluate, "by-folder"))["images"]
    assert json.loads(found)["accuracy"] == json.loads(place.tally(*evaluate, "by-folder"))["accuracy"]
    rows = json.loads(place.tally("predict", "by-table", "--limit", "3", "--json", "--python", sys.executable))
    others = json.loads(place.tally("predict", "by-folder", "--limit", "3", "--json"))
    assert [row["classes"] for row in rows] == [row["classes"] for row in others]
    assert all(row["path"].startswith("set row ") and row["path"].endswith(".png)") for row in rows)


def test_shards_of_a_table_are_those_of_a_folder(place: Place) -> None:
    shard = ["shard", "--shards", "3", "--quiet", "--validation", "0.2"]
    place.tally(*shard, "--data", "table/set", "--out", "table-shards", "--python", sys.executable)
    place.tally(*shard, "--data", "folders/set", "--out", "folder-shards")
    names = sorted(path.name for path in (place.folder / "folder-shards").iterdir())
    assert len(names) == 4
    for name in names:
        assert (place.folder / "table-shards" / name).read_bytes() == (
            place.folder / "folder-shards" / name
        ).read_bytes()


def test_parts_columns_and_kinds_of_labels(place: Place) -> None:
    names = list(CLASSES)
    plain = [
        {"picture": row["image"]["bytes"], "kind": names.index(row["label"])}
        for row in rows_of(place.folder / "folders" / "set")
    ]
    folder = place.folder / "table" / "hub" / "data"
    folder.mkdir(parents=True)
    noted = {"info": {"features": {"kind": {"names": names, "_type": "ClassLabel"}}}}
    write(folder / "train-00000-of-00001.parquet", plain[::2], noted)
    write(folder / "test-00000-of-00001.parquet", plain[1::2], noted)
    columns = ["--image", "picture", "--label", "kind"]
    place.train("table/hub", "hub", *columns)
    # Columns are remembered, and the test part is the file's.
    found = json.loads(place.tally("evaluate", "hub", "--json", "--python", sys.executable))
    assert found["images"] == len(plain[1::2])
    assert names[0] in place.tally("predict", "hub", "--index", "0", "--python", sys.executable, "--top", "3")
    # Numbers without names are in their own order.
    numbers = [{**row, "kind": [10, 9, 2][row["kind"]]} for row in plain]
    write(place.folder / "table" / "numbers.parquet", numbers)
    place.train("table/numbers.parquet", "numbers", *columns)
    evaluated = place.tally(
        "evaluate",
        "numbers",
        "--data",
        "table/numbers.parquet",
        "--part",
        "train",
        "--json",
        *columns,
        "--python",
        sys.executable,
    )
    assert [one["name"] for one in json.loads(evaluated)["classes"]] == ["2", "9", "10"]


def test_what_cannot_be_read_is_said_in_a_line(place: Place, tmp_path: Path) -> None:
    rows = rows_of(place.folder / "folders" / "set")
    path = tmp_path / "set.parquet"

    def fails(line: str, *options: str) -> None:
        train = ["train", "--data", str(path), "--out", "bad", "--python", sys.executable, *options]
        place.fails(1, line, *train)
        assert not (place.folder / "bad" / "model.tally").exists()
        shutil.rmtree(place.folder / "bad", ignore_errors=True)

    write(path, rows)
    fails("no column 'photo', but image, label; name one with --image", "--image", "photo")
    fails("no column 'class', but image, label; name one with --label", "--label", "class")
    fails("the column 'label' is string, but images are bytes", "--image", "label")
    fails("but labels are whole numbers or texts", "--label", "image")
    write(path, [*rows, {**rows[0], "label": None}])
    fails("a row has no label")
    write(path, [{**row, "label": -1} for row in rows])
    fails("the label -1 of a row is none")
    write(path, [{**row, "image": {"bytes": None, "path": "a.png"}} for row in rows])
    fails("images are bytes of files")
    write(path, [*rows, {"image": {"bytes": None, "path": "a.png"}, "label": "down"}])
    fails("holds the path a.png in place of an image")
    write(path, [{**row, "image": {"bytes": b"x", "path": ""}} if place < 5 else row for place, row in enumerate(rows)])
    fails("5 of 108 images cannot be read, more than one in a hundred; the first is set.parquet row 0")
    write(path, [])
    fails("no column 'image'")
    write(path, rows)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    fails("no Parquet file that can be read")
    path.write_bytes(whole[:200] + bytes(400) + whole[600:])
    fails("set.parquet")
    path.write_bytes(whole)
    bare = ["train", "--data", str(path), "--out", "bad", "--python"]
    place.fails(1, "needs Python, but there is no /no/python", *bare, "/no/python")
    lacking = tmp_path / "python"
    lacking.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')
    lacking.chmod(0o755)
    place.fails(1, f"{lacking} -m pip install ./spark", *bare, str(lacking))
    place.fails(
        2,
        "--python is for --engine spark, --engine flower and Parquet files",
        *("train", "--data", "folders/set", "--python", "x"),
    )
    place.fails(
        2, "--image and --label name columns of Parquet files", "train", "--data", "folders/set", "--image", "x"
    )
    full = ["train", "--data", str(path), "--out", "bad", "--python", sys.executable]
    done = subprocess.run(
        [os.environ["TALLY_TOOL"], *full],
        cwd=place.folder,
        env=os.environ | {"TMPDIR": "/no/folder"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "set TMPDIR" in done.stderr and done.stderr.count("\n") == 1
