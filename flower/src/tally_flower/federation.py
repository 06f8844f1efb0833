"""A training's run on a SuperLink: messages out to nodes, answers back. What is Flower's on the driver's side is here.

A run on a SuperLink is made by submitting an app, and messages may then be sent by whoever holds the app's task. Here
the driver itself takes that task, so the SuperLink must leave it to others to run apps (`--isolation process`).
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx
from flwr.app import Message, RecordDict
from flwr.cli.build import build_fab_from_files
from flwr.common.serde import fab_to_proto, run_from_proto
from flwr.proto.control_pb2 import StartRunRequest, StopRunRequest
from flwr.proto.message_pb2 import ConfirmMessageReceivedRequest
from flwr.proto.runtime_pb2 import (
    AcquireTaskRequest,
    PullAppMessagesRequest,
    PullTaskInputRequest,
    PushTaskOutputRequest,
)
from flwr.supercore.constant import TaskType
from flwr.supercore.control import ControlHttpClient
from flwr.supercore.fab import Fab
from flwr.supercore.heartbeat import HeartbeatSender, make_task_heartbeat_fn_http
from flwr.supercore.inflatable.inflatable_protobuf_utils import make_pull_object_fn_protobuf
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor
from flwr.supercore.run import RunNotRunningException
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supercore.task_identity import TaskIdentity
from flwr.superlink.grid import HttpGrid

from .objects import message_of

# Seconds until somebody else must have taken the run's task.
_TASK_PATIENCE = 20.0

# What a node that is no site of Tally runs when it gets one of these messages: nothing but an error.
_APP = {
    "pyproject.toml": b"""[project]
name = "tally"
version = "1"
license = "MIT"

[tool.flwr.app]
publisher = "tally"

[tool.flwr.app.components]
serverapp = "app:server"
clientapp = "app:client"
""",
    "app.py": b'''"""tally-site answers these messages; no other node can."""

raise RuntimeError("this node is no site of Tally; start tally-site there")
''',
}


class FederationError(Exception):
    """One line for people."""


class Node(NamedTuple):
    """A node as it is now: one that was started again is another."""

    number: int
    activated: str


class Reply(NamedTuple):
    """What came back for a message: a record, or why there is none."""

    message: str
    content: RecordDict | None
    error: str


@dataclass(frozen=True)
class Address:
    """Where the SuperLink is and how it is spoken to."""

    superlink: str
    insecure: bool
    root_certificates: str | None

    def certificates(self) -> bytes | None:
        if self.root_certificates is None:
            return None
        try:
            return Path(self.root_certificates).expanduser().read_bytes()
        except OSError as error:
            raise FederationError(f"{self.root_certificates}: {error.strerror}; name the root certificates") from error


class Federation:
    """One run; `close` ends it."""

    def __init__(self, address: Address, patience: float) -> None:
        """Begins a run; a SuperLink that is gone is waited for `patience` seconds."""
        self.address = address
        certificates = address.certificates()
        with self._explained():
            control = ControlHttpClient.from_server_address(
                address.superlink,
                address.insecure,
                certificates,
                interceptors=[RuntimeVersionHttpInterceptor(component_name="flwr CLI")],
            )
            content = build_fab_from_files(_APP)[0]
            fab = fab_to_proto(Fab(hashlib.sha256(content).hexdigest(), content, {}))
            started = control.StartRun(StartRunRequest(fab=fab))
            try:
                if not started.run_id:
                    raise FederationError(f"{address.superlink}: the SuperLink starts no run")
                token = self._take_task(certificates, started.run_id)
            except BaseException:
                # What is left pending would be the next training's first task.
                with contextlib.suppress(httpx.HTTPError):
                    control.StopRun(StopRunRequest(run_id=started.run_id))
                raise
            finally:
                control.close()
            self.grid = HttpGrid(address.superlink, address.insecure, certificates, token=token)
            self.grid._retry_invoker.max_time = patience
            self.client = self.grid._runtime_client
            self.heart = HeartbeatSender(make_task_heartbeat_fn_http(self.client))
            self.heart.start()
            task = self.client.PullTaskInput(PullTaskInputRequest())
            TaskIdentity.task_id, TaskIdentity.run_id = task.task_id, task.run.run_id
            TaskIdentity.node_id = task.context.node_id
            self.grid.set_run(run_from_proto(task.run))
            self.run = task.run.run_id
            self._pull_object = make_pull_object_fn_protobuf(self.client.PullObject, self.grid.node, self.run)

    def _take_task(self, certificates: bytes | None, run: int) -> str:
        runtime = RuntimeHttpClient.from_server_address(
            self.address.superlink,
            self.address.insecure,
            certificates,
            interceptors=[RuntimeVersionHttpInterceptor(component_name="SuperExec")],
        )
        deadline, others = time.monotonic() + _TASK_PATIENCE, False
        try:
            while time.monotonic() < deadline:
                taken = runtime.AcquireTask(AcquireTaskRequest(supported_task_types=[TaskType.SERVER_APP]))
                if taken.HasField("task") and taken.token:
                    if taken.task.run_id == run:
                        return str(taken.token)
                    # The oldest task comes first: perhaps one of a training that was killed before it took its own.
                    others = True
                    continue
                time.sleep(0.1)
        finally:
            runtime.close()
        if others:
            raise FederationError(
                f"{self.address.superlink}: other apps' runs wait on the SuperLink; "
                "use one that is for Tally alone, and start one training at a time"
            )
        raise FederationError(
            f"{self.address.superlink}: the SuperLink runs apps itself; start it with --isolation process"
        )

    @contextlib.contextmanager
    def _explained(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Flower's and HTTP's errors in one line."""
        where = self.address.superlink
        try:
            yield
        except httpx.HTTPStatusError as error:
            said = " ".join(error.response.text.split())[:200]
            raise FederationError(f"{where}: the SuperLink refuses ({error.response.status_code}): {said}") from error
        except httpx.HTTPError as error:
            said = " ".join(str(error).split())
            hint = "start flower-superlink there, or name another --superlink"
            if "certificate" in said.lower() or "ssl" in said.lower():
                hint = "give --root-certificates, or --insecure where the SuperLink has no TLS"
            raise FederationError(f"{where}: no SuperLink answers ({said}); {hint}") from error
        except RunNotRunningException as error:
            raise FederationError(f"{where}: the SuperLink has ended this training's run") from error

    def nodes(self) -> list[Node]:
        """The nodes that are there."""
        with self._explained():
            return [Node(node.node_id, node.last_activated_at) for node in self.grid.get_nodes()]

    def send(self, nodes: list[Node], kind: str, content: RecordDict) -> list[str]:
        """Sends a message to some nodes, its content once; the messages' names, empty for a node that is gone."""
        if not nodes:
            return []
        with self._explained():
            names = list(self.grid.push_messages([Message(content, node.number, kind) for node in nodes]))
        return [str(name or "") for name in names] or [""] * len(nodes)

    def replies(self, names: list[str]) -> list[Reply]:
        """Answers that have come for some messages; each comes once."""
        if not names:
            return []
        found = []
        with self._explained():
            come = self.client.PullMessages(PullAppMessagesRequest(message_ids=names))
            for head, tree in zip(come.messages_list, come.message_object_trees, strict=True):
                name, to = head.metadata.message_id, head.metadata.reply_to_message_id
                try:
                    message = message_of(name, tree, self._pull_object)
                except ObjectPullError as error:
                    found.append(Reply(to, None, str(error)))
                    continue
                confirmed = ConfirmMessageReceivedRequest(node=self.grid.node, run_id=self.run, message_object_id=name)
                self.client.ConfirmMessageReceived(confirmed)
                if message is None or message.has_error():
                    said = message.error.reason if message else "no message"
                    found.append(Reply(to, None, " ".join(str(said).split())))
                else:
                    found.append(Reply(to, message.content, ""))
        return found

    def close(self, failure: str = "") -> None:
        """Ends the run."""
        with contextlib.suppress(httpx.HTTPError, RunNotRunningException, RuntimeError):
            status = "failed" if failure else "completed"
            self.client.PushTaskOutput(PushTaskOutputRequest(sub_status=status, details=failure))
        if self.heart.is_running:
            self.heart.stop()
        self.grid.close()
