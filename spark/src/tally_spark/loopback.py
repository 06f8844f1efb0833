"""A standalone Spark cluster on this machine's loopback, for tests and for `make spark-demo`."""

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

import pyspark

PATIENCE = 60.0


class Cluster:
    """A master and workers of one core each, in a folder of their own; everything ends with the `with` block."""

    def __init__(self, folder: Path, workers: int = 2, local_folder: Path | None = None) -> None:
        self.folder, self.count = folder, workers
        self.local_folder = local_folder or folder / "local"
        self.url = f"spark://127.0.0.1:{free_port()}"
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Cluster:
        port = self.url.rsplit(":", 1)[1]
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            master = ["master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", "0"]
            self._start("master", master, "I have been elected leader")
            for number in range(self.count):
                worker = ["worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "-c", "1", "-m", "1g", self.url]
                self._start(f"worker{number}", worker, "Successfully registered")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self, name: str, command: list[str], ready: str) -> None:
        home = Path(pyspark.__file__).parent
        log = self.folder / f"{name}.log"
        environment = os.environ | {
            "SPARK_HOME": str(home),
            "SPARK_WORKER_DIR": str(self.folder / name),
            "SPARK_LOCAL_DIRS": str(self.local_folder),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_DAEMON_MEMORY": "256m",
        }
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{command[0]}", *command[1:]]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True
            )
        self.processes.append(process)
        deadline = time.monotonic() + PATIENCE
        while ready not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Spark's {name} does not start; see {log}")
            time.sleep(0.1)

    def stop(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @property
    def options(self) -> list[str]:
        """Options of `tally train` that run it here."""
        conf = ["spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1", "spark.executor.memory=512m"]
        return [
            *("--engine", "spark", "--master", self.url, "--python", sys.executable),
            *(word for setting in conf for word in ("--spark-conf", setting)),
        ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command_of(pid: int) -> list[str]:
    """A process's command; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def state_of(pid: int) -> str:
    """Linux's letter for what a process does: R it computes, T it is stopped; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def tally_workers(folder: Path) -> list[int]:
    """The `tally worker` processes whose executable lies below a folder."""
    return [
        pid
        for pid in processes()
        if (command := command_of(pid))[1:2] == ["worker"] and command[0].startswith(str(folder))
    ]


def stopped_workers(folder: Path) -> list[int]:
    """The workers below a folder that stopped themselves."""
    return [pid for pid in tally_workers(folder) if state_of(pid) == "T"]


def kill_executor_of(worker: int, folder: Path) -> None:
    """Kills the executor of a stopped worker, which then goes on: it does not see that its executor is gone."""
    executors = [
        pid
        for pid in processes()
        if any("CoarseGrainedExecutorBackend" in word for word in command_of(pid))
        and Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(folder)
    ]
    mine = [pid for pid in executors if Path(f"/proc/{worker}/cwd").samefile(f"/proc/{pid}/cwd")]
    if len(mine) != 1:
        raise RuntimeError(f"{len(mine)} of {len(executors)} executors have the worker {worker}")
    os.kill(mine[0], signal.SIGKILL)
    os.kill(worker, signal.SIGCONT)


def kill_a_worker(folder: Path, stop_waiting: float) -> int | None:
    """Kills one `tally worker` below a folder while it computes; its number, None when none did in time."""
    deadline = time.monotonic() + stop_waiting
    while time.monotonic() < deadline:
        for pid in tally_workers(folder):
            if state_of(pid) == "R":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return pid
        time.sleep(0.005)
    return None
