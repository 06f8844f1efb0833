"""A SuperLink and sites on this machine's loopback, for tests and for `make sites-demo`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A process of its own, with its output in a file; it ends with the `with` block."""

    def __init__(self, command: list[str], log: Path, ready: str, environment: dict[str, str] | None = None) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | (environment or {}),
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while ready not in self.said:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{Path(command[0]).name} does not start: {self.said[-300:]}")
            time.sleep(0.02)

    @property
    def said(self) -> str:
        """What it has written."""
        return self.log.read_text(errors="replace")

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it in good order, or after a while in any."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()

    def kill(self) -> None:
        """Ends it, and what it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class SuperLink(Program):
    """Flower's SuperLink."""

    def __init__(self, folder: Path, options: list[str] | None = None, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.is_insecure = options is None
        program = Path(sys.executable).parent / "flower-superlink"
        place = ["--host", "127.0.0.1", "--port", str(self.port)]
        command = [str(program), "--isolation", "process", *place, *(options or ["--insecure"])]
        super().__init__(command, folder / "superlink.log", "Uvicorn running")

    @property
    def options(self) -> list[str]:
        """Options of `tally train` that run it here."""
        options = ["--engine", "flower", "--superlink", self.address, "--python", sys.executable]
        return options + (["--insecure"] if self.is_insecure else [])


def site(
    data: Path, superlink: SuperLink, tally: str, *options: str, log: Path, environment: dict[str, str] | None = None
) -> Program:
    """A site beside its shards; it is at the SuperLink when this returns."""
    command = [sys.executable, "-m", "tally_flower.site", "--data", str(data), "--superlink", superlink.address]
    command += ["--tally", tally, *(["--insecure"] if superlink.is_insecure else []), *options]
    return Program(command, log, f": at {superlink.address}", environment)
