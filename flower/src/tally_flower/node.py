"""A site's way to the SuperLink: a SuperNode that answers messages itself.

It is made of Flower's own connection, so registration, keys, TLS and retries are Flower's. Unlike `flower-supernode` it
runs no code that comes with a run, and it asks for messages many times a second where that asks every three seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.ssh import load_ssh_private_key
from flwr.app import Message, RecordDict
from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.fab import Fab
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.run import Run, RunNotRunningException
from flwr.supernode.fleet_http_connection import http_request_response

from .objects import message_of

# Seconds between two questions for a message: a part of the time since the last one came, within limits.
_SHORTEST, _LONGEST, _PART = 0.02, 1.0, 0.1


class NodeError(Exception):
    """One line for people."""


@dataclass(frozen=True)
class Link:
    """Flower's options of a SuperNode."""

    superlink: str
    insecure: bool
    root_certificates: str | None
    private_key: str | None

    def keys(self) -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey] | None:
        """The node's keys; None where it may make its own."""
        if self.private_key is None:
            return None
        try:
            key = load_ssh_private_key(Path(self.private_key).expanduser().read_bytes(), None)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise NodeError(f"{self.private_key}: not a private key of a SuperNode ({error})") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise NodeError(f"{self.private_key}: not an elliptic curve key; make one as Flower's documentation says")
        return key, key.public_key()


class Connection(NamedTuple):
    """What Flower's connection can do, in its order."""

    node: int
    receive: Callable[[], tuple[Message, ObjectTree] | None]
    send: Callable[[Message, ObjectTree, float], tuple[set[str], str]]
    get_run: Callable[[int], Run]
    get_app: Callable[[str, int], Fab]
    pull_object: Callable[[int, str], bytes]
    push_object: Callable[[int, str, str, bytes], None]
    confirm: Callable[[int, str], None]


def pull(connection: Connection, head: Message, tree: ObjectTree) -> Message:
    """A message with its content."""
    run, name = head.metadata.run_id, head.metadata.message_id

    def part(number: str) -> bytes:
        return connection.pull_object(run, number)

    message = message_of(name, tree, part)
    if message is None:
        raise NodeError("the SuperLink sent something that is no message")
    connection.confirm(run, name)
    return message


def push(connection: Connection, message: Message, seconds: float) -> None:
    """Sends an answer: what of its content the SuperLink has not."""
    message.metadata.__dict__["_message_id"] = message.object_id
    with no_object_id_recompute():
        missing, session = connection.send(message, get_object_tree(message), seconds)
        for part, value in get_all_nested_objects(message).items():
            if part in missing:
                connection.push_object(message.metadata.run_id, session, part, value.deflate())


def answer_messages(
    link: Link, reply: Callable[[str, RecordDict], RecordDict | None], connected: Callable[[], None]
) -> None:
    """Answers messages until the process is ended; a reply of None leaves a message without an answer."""
    certificates = Path(link.root_certificates).expanduser() if link.root_certificates else None
    if certificates is not None and not certificates.is_file():
        raise NodeError(f"{link.root_certificates}: no such file; name the SuperLink's root certificates")
    keys = link.keys()
    while True:
        trust = str(certificates) if certificates else None
        with http_request_response(link.superlink, link.insecure, trust, keys) as found:
            connection = Connection(*found)
            connected()
            heard = time.monotonic()
            while True:
                received = connection.receive()
                if received is None:
                    time.sleep(min(_LONGEST, max(_SHORTEST, _PART * (time.monotonic() - heard))))
                    continue
                heard = time.monotonic()
                head, tree = received
                try:
                    message = pull(connection, head, tree)
                    content = reply(head.metadata.message_type, message.content)
                    if content is not None:
                        push(connection, Message(content, reply_to=message), time.monotonic() - heard)
                except RunNotRunningException:
                    # The training is over: nobody waits for this answer.
                    continue
                heard = time.monotonic()
        # Flower has said what went wrong; the next connection is a new one.
        time.sleep(_LONGEST)
