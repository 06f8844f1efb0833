"""A `tally worker` as a process of its own: started, asked, ended.

The package in flower/ has this file and frames.py, too, as links; neither needs more than Python's own library.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from typing import BinaryIO, cast

from . import frames
from .frames import FrameError, Kind


class WorkerDied(Exception):
    """The worker process is gone: worth another try."""


class WorkerFailed(Exception):
    """The worker said why it cannot: another try would say the same."""


class Worker:
    """A `tally worker` process, the shards and the model it has."""

    def __init__(self, command: list[str], version: str | None) -> None:
        """Starts the process; a version of None takes any."""
        self.held: set[tuple[int, int]] = set()
        # What names its model, and what that is.
        self.model: str | None = None
        self.description = b""
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise WorkerFailed(f"cannot start {command[0]}: {error.strerror}; install tally there") from error
        hello = self._receive("starting")
        if hello.kind == Kind.FAILURE:
            raise WorkerFailed(hello.text)
        self.version = hello.text
        if hello.kind != Kind.HELLO or (version is not None and hello.text != version):
            self.end()
            said = hello.text if hello.kind == Kind.HELLO else "of another kind"
            raise WorkerFailed(
                f"{command[0]} is tally {said}, but the driver uses {version}; install the same version"
            )

    def ask(self, doing: str, kind: Kind, *payload: bytes) -> frames.Frame:
        """Sends a frame and waits for the answer."""
        try:
            frames.send(cast(BinaryIO, self.process.stdin), kind, *payload)
        except OSError as error:
            raise WorkerDied(self._end_of(doing)) from error
        answer = self._receive(doing)
        if answer.kind == Kind.FAILURE:
            raise WorkerFailed(answer.text)
        return answer

    def _receive(self, doing: str) -> frames.Frame:
        try:
            answer = frames.receive(cast(BinaryIO, self.process.stdout))
        except FrameError as error:
            if self.process.poll() is None and "middle" not in str(error):
                self.end()
                raise WorkerFailed(str(error)) from error
            raise WorkerDied(self._end_of(doing)) from error
        if answer is None:
            raise WorkerDied(self._end_of(doing))
        return answer

    def _end_of(self, doing: str) -> str:
        code = self.process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{host()}: the tally worker ended ({how}) while {doing}"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def host() -> str:
    return socket.gethostname()
