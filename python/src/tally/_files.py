"""Writing files so that they appear only when they are whole."""

from __future__ import annotations

import os
import pathlib
import secrets


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file beside its place, syncs it, and puts it there; OSError, with nothing left behind, if that fails."""
    target = pathlib.Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{target}: is a folder; name a file")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no folder {target.parent}; make it first")
    name = target.parent / f".{target.name[:60]}.{secrets.token_hex(8)}.tmp"
    try:
        handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except OSError as error:
        raise OSError(f"{target}: cannot be written ({error.strerror})") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException as error:
        name.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(f"{target}: cannot be written ({error.strerror})") from error
        raise
