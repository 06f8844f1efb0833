"""Folders and files on any file system that Spark reads: a path of this machine, or an address, through pyarrow."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pyarrow as pa
import pyarrow.fs

from .errors import TallyError
from .process import host

# Most bytes of an image file, as in `tally`.
MOST_BYTES = 1 << 28


class Kind(IntEnum):
    """What a name in a folder is."""

    FILE = 0
    FOLDER = 1
    MISSING = 2
    OTHER = 3


_KINDS = {
    pyarrow.fs.FileType.File: Kind.FILE,
    pyarrow.fs.FileType.Directory: Kind.FOLDER,
    pyarrow.fs.FileType.NotFound: Kind.MISSING,
}


@dataclass(frozen=True)
class Place:
    """A folder or a file, the same for all machines."""

    # The file system, the path on it, and what people call it.
    files: Any
    path: str
    address: str

    def __truediv__(self, name: str) -> Place:
        return Place(self.files, f"{self.path}/{name}", f"{self.address}/{name}") if name else self

    def kind(self) -> Kind:
        """What is there."""
        try:
            return _KINDS.get(self.files.get_file_info(self.path).type, Kind.OTHER)
        except (OSError, pa.ArrowException) as error:
            raise self._cannot("look at", error) from error

    def size(self) -> int:
        """The length of a file; -1 where there is none."""
        try:
            found = self.files.get_file_info(self.path)
        except (OSError, pa.ArrowException) as error:
            raise self._cannot("look at", error) from error
        return int(found.size) if found.type == pyarrow.fs.FileType.File else -1

    def names(self) -> list[tuple[str, Kind]]:
        """The names in a folder."""
        try:
            if isinstance(self.files, pyarrow.fs.LocalFileSystem):
                # pyarrow leaves out links that lead nowhere.
                with os.scandir(self.path) as entries:
                    return [(entry.name, _kind(entry)) for entry in entries]
            found = self.files.get_file_info(pyarrow.fs.FileSelector(self.path))
            return [(info.base_name, _KINDS.get(info.type, Kind.OTHER)) for info in found]
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise self._cannot("list", error) from error

    def read(self, most: int | None = None) -> bytes:
        """The bytes of an image file, or the first `most` of them."""
        try:
            with self.files.open_input_file(self.path) as file:
                if most is None and file.size() > MOST_BYTES:
                    raise TallyError(f"{self.address}: has more than {MOST_BYTES} bytes; make it smaller or remove it")
                return bytes(file.read(most))
        except (OSError, pa.ArrowException) as error:
            raise self._cannot("read", error) from error

    def opened(self) -> Any:
        """A file to be read at any place."""
        return self.files.open_input_file(self.path)

    def write(self, parts: Iterable[Any]) -> None:
        """Writes a file, which is there as a whole or not at all."""
        folder, name = self.path.rsplit("/", 1)
        making = f"{folder}/.{name}.{uuid.uuid4().hex}"
        try:
            try:
                with self.files.open_output_stream(making, compression=None) as file:
                    for part in parts:
                        file.write(part)
                self._sync(making)
                self.files.move(making, self.path)
            except BaseException:
                self._remove(making)
                raise
        except (OSError, pa.ArrowException) as error:
            raise self._cannot("write", error) from error

    def move(self, to: Place) -> None:
        """Gives a file another name on the same file system."""
        try:
            self.files.move(self.path, to.path)
        except (OSError, pa.ArrowException) as error:
            raise to._cannot("write", error) from error

    def make_folder(self) -> None:
        """Makes a folder and those above it; without effect where it is there."""
        try:
            self.files.create_dir(self.path, recursive=True)
        except (OSError, pa.ArrowException) as error:
            raise self._cannot("write", error) from error

    def remove_folder(self) -> None:
        """Removes a folder with all that is in it, if it is there."""
        if self.kind() == Kind.FOLDER:
            try:
                self.files.delete_dir(self.path)
            except (OSError, pa.ArrowException) as error:
                raise self._cannot("remove", error) from error

    def remove(self) -> None:
        """Removes a file, if it is there."""
        if self.kind() == Kind.FILE:
            try:
                self.files.delete_file(self.path)
            except (OSError, pa.ArrowException) as error:
                raise self._cannot("remove", error) from error

    def sync(self) -> None:
        """Has a folder's names on disk."""
        self._sync(self.path)

    def _sync(self, path: str) -> None:
        if isinstance(self.files, pyarrow.fs.LocalFileSystem):
            opened = os.open(path, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    def _remove(self, path: str) -> None:
        try:
            if self.files.get_file_info(path).type == pyarrow.fs.FileType.File:
                self.files.delete_file(path)
        except (OSError, pa.ArrowException):
            pass

    def _cannot(self, do: str, error: Exception) -> TallyError:
        said = words(error)
        remedy = "free some space" if "No space left" in said else "all machines must see it, and may do so"
        return TallyError(f"{host()}: cannot {do} {self.address}: {said}; {remedy}")


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_file():
        return Kind.FILE
    if entry.is_dir():
        return Kind.FOLDER
    return Kind.OTHER if os.path.exists(entry.path) else Kind.MISSING


def words(error: Exception) -> str:
    """What the operating system said, or the first line of what the file system did."""
    if isinstance(error, OSError) and error.errno and not str(error.args[-1]).startswith("Failed"):
        return os.strerror(error.errno)
    text = str(error)
    if found := re.findall(r"\[errno \d+\] ([^\[\]]+)$", text, re.IGNORECASE):
        return str(found[-1]).strip().rstrip(".")
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def place(address: str, setting: Callable[[str], str | None]) -> Place:
    """The place of a path or an address; `setting` gives Spark's settings of Hadoop, as `fs.s3a.access.key`."""
    whole = address.rstrip("/") or "/"
    scheme, mark, rest = whole.partition("://")
    try:
        if not mark:
            return Place(pyarrow.fs.LocalFileSystem(), whole, whole)
        if scheme in ("s3", "s3a", "s3n"):
            return Place(pyarrow.fs.S3FileSystem(**_s3(setting)), rest, whole)
        files, path = pyarrow.fs.FileSystem.from_uri(whole)
    except (OSError, pa.ArrowException, ImportError, ValueError) as error:
        raise TallyError(f"{address}: cannot be reached ({words(error)}); check the address") from error
    return Place(files, path.rstrip("/"), whole)


def _s3(setting: Callable[[str], str | None]) -> dict[str, str]:
    """Spark's settings of S3 in pyarrow's words; what is not set comes from the environment or the machine."""
    names = {
        "access_key": "fs.s3a.access.key",
        "secret_key": "fs.s3a.secret.key",
        "session_token": "fs.s3a.session.token",
        "endpoint_override": "fs.s3a.endpoint",
        "region": "fs.s3a.endpoint.region",
    }
    found = {name: value for name, key in names.items() if (value := setting(key))}
    scheme, mark, rest = found.get("endpoint_override", "").partition("://")
    if mark:
        found |= {"scheme": scheme, "endpoint_override": rest.rstrip("/")}
    elif setting("fs.s3a.connection.ssl.enabled") == "false":
        found["scheme"] = "http"
    return found
