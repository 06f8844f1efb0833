"""`python -m tally_spark.parquet`, as `tally` starts it: images of Parquet files to a list that `tally` reads.

Needs pyarrow and nothing of Spark.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import TallyError
from .image_list import ImageListWriter, Part
from .labels import Labels, Numbers, Texts

ENDING = ".parquet"
# Rows in memory at a time.
BATCH = 64
_PARTS = {
    "train": Part.TRAIN,
    "training": Part.TRAIN,
    "val": Part.VALIDATION,
    "valid": Part.VALIDATION,
    "validation": Part.VALIDATION,
    "dev": Part.VALIDATION,
    "test": Part.TEST,
    "testing": Part.TEST,
}


def files(path: str) -> list[Path]:
    """The Parquet files that a path names, in the order of their names."""
    place = Path(path)
    if not place.is_dir():
        return [place]
    for folder in (place, place / "data"):
        try:
            inside = list(folder.iterdir()) if folder.is_dir() else []
        except OSError as error:
            raise TallyError(f"{folder}: {error.strerror}") from error
        found = [entry for entry in inside if entry.name.lower().endswith(ENDING)]
        if found:
            return sorted(found, key=lambda entry: entry.name.encode(errors="surrogateescape"))
    raise TallyError(f"{path}: holds no {ENDING} files; name some")


def part_of(name: str) -> Part:
    """What a file is for, by the first word of its name: train-00000-of-00002.parquet, test.parquet."""
    word = re.split(r"[^a-z]", name.lower(), maxsplit=1)[0]
    return _PARTS.get(word, Part.TRAIN)


class Table:
    """A Parquet file of images and labels; `source` opens one that is not among this machine's files."""

    def __init__(self, path: Path | str, image: str, label: str, source: Callable[[], Any] | None = None) -> None:
        self.path, self.image, self.label = path, image, label
        self.name = str(path).rsplit("/", 1)[-1]
        try:
            self.file = pq.ParquetFile(source() if source else path)
        except FileNotFoundError as error:
            raise TallyError(f"{path}: no such file; check the name") from error
        except (OSError, pa.ArrowException) as error:
            raise TallyError(f"{path}: no Parquet file that can be read ({_line(error)}); fetch it again") from error
        self.schema = self.file.schema_arrow
        for column, option in ((image, "--image"), (label, "--label")):
            if column not in self.schema.names:
                there = ", ".join(self.schema.names)
                raise TallyError(f"{path}: has no column {column!r}, but {there}; name one with {option}")
            if self.schema.names.count(column) > 1:
                raise TallyError(f"{path}: has several columns {column!r}; give them names of their own")
        self._check_images()

    def _check_images(self) -> None:
        kind = self.schema.field(self.image).type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            kind = kind.field("bytes").type
        if not _is_bytes(kind):
            raise TallyError(
                f"{self.path}: the column {self.image!r} is {kind}, but images are bytes of files, or a struct with "
                "bytes; name another with --image"
            )

    def labels(self) -> Labels:
        """What the labels stand for; whole numbers may have names, as Hugging Face's data sets note them."""
        kind = self.schema.field(self.label).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return Texts(f"{self.path}: {self.label}")
        if not pa.types.is_integer(kind):
            raise TallyError(
                f"{self.path}: the column {self.label!r} is {kind}, but labels are whole numbers or texts; name "
                "another with --label"
            )
        try:
            noted = json.loads((self.schema.metadata or {})[b"huggingface"])
            names = noted["info"]["features"][self.label]["names"]
        except (KeyError, TypeError, ValueError):
            names = []
        names = [str(name) for name in names]
        if len(set(names)) < len(names):
            raise TallyError(f"{self.path}: {self.label}: two classes have one name; names are to differ")
        return Numbers(f"{self.path}: {self.label}", names)

    @property
    def groups(self) -> list[int]:
        """The rows of each row group."""
        about = self.file.metadata
        return [about.row_group(number).num_rows for number in range(about.num_row_groups)]

    def names(self) -> Iterator[tuple[Any, str]]:
        """Labels and what files were called, row by row; no image is read."""
        kind = self.schema.field(self.image).type
        is_named = pa.types.is_struct(kind) and kind.get_field_index("path") >= 0
        columns = [self.label, f"{self.image}.path"] if is_named else [self.label]
        try:
            for batch in self.file.iter_batches(batch_size=BATCH * BATCH, columns=columns):
                labels = batch.column(self.label).to_pylist()
                images = batch.column(self.image).to_pylist() if is_named else [None] * len(labels)
                for image, label in zip(images, labels, strict=True):
                    yield label, ((image or {}).get("path") or "").rsplit("/", 1)[-1]
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise TallyError(f"{self.path}: cannot be read to its end ({_line(error)}); fetch it again") from error

    def rows(self, group: int | None = None) -> Iterator[tuple[bytes | None, Any, str]]:
        """Images, labels and what files were called, row by row; of a row group, or of all of them."""
        groups = None if group is None else [group]
        try:
            for batch in self.file.iter_batches(batch_size=BATCH, row_groups=groups, columns=[self.image, self.label]):
                labels = batch.column(self.label).to_pylist()
                for image, label in zip(batch.column(self.image).to_pylist(), labels, strict=True):
                    if isinstance(image, dict):
                        path = image.get("path") or ""
                        if image["bytes"] is None and path:
                            raise TallyError(
                                f"{self.path}: holds the path {path} in place of an image; write the images into it"
                            )
                        yield image["bytes"], label, path.rsplit("/", 1)[-1]
                    else:
                        yield image, label, ""
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise TallyError(f"{self.path}: cannot be read to its end ({_line(error)}); fetch it again") from error


def labels_of(tables: list[Table]) -> list[Labels]:
    """What the labels of tables stand for, which is the same in all of them."""
    kinds = [table.labels() for table in tables]
    for table, labels in zip(tables, kinds, strict=True):
        if (type(labels), getattr(labels, "names", None)) != (type(kinds[0]), getattr(kinds[0], "names", None)):
            raise TallyError(f"{table.path}: its labels are of another kind than those of {tables[0].path}")
    return kinds


def convert(paths: list[str], image: str, label: str, out: Path) -> None:
    """Writes the images of tables as a list; nothing is left where that fails."""
    tables = [Table(path, image, label) for named in paths for path in files(named)]
    kinds = labels_of(tables)
    name = tables[0].name if len(paths) == 1 and not Path(paths[0]).is_dir() else Path(paths[0]).name
    try:
        with ImageListWriter(out, name, kinds[0].order) as writer:
            for table, labels in zip(tables, kinds, strict=True):
                for content, value, called in table.rows():
                    writer.add(content, labels.class_of(value), called, part_of(table.name))
    except FileExistsError as error:
        raise TallyError(f"{out}: is there already; remove it") from error
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise TallyError(f"{out}: {error.strerror or error}; set TMPDIR to a folder with more space") from error
        raise


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def main() -> int:
    parser = argparse.ArgumentParser("tally_spark.parquet", description="Makes a list of images of Parquet files.")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--image", default="image")
    parser.add_argument("--label", default="label")
    parser.add_argument("paths", nargs="+")
    found = parser.parse_args()
    try:
        convert(found.paths, found.image, found.label, found.out)
    except TallyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
