"""A site's way to the SuperLink: a SuperNode that answers messages itself.

It is made of Flower's own connection, so registration, keys, TLS and retries are Flower's. Unlike `flower-supernode` it runs no code
that comes with a run, and it asks for messages many times a second where that asks every three seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.ssh import load_ssh_private_key
from flwr.app import Message, RecordDict
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    iterate_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents, pull_objects
from flwr.supercore.run import RunNotRunningException
from flwr.supernode.fleet_http_connection import http_request_response

# Seconds between two questions for a message: short while a training goes on, longer when nobody has asked for a while.
_BUSY, _IDLE, _PATIENCE = 0.05, 1.0, 30.0


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
        with http_request_response(link.superlink, link.insecure, trust, keys) as (
            _,
            receive,
            send,
            _,
            _,
            pull_object,
            push_object,
            confirm,
        ):
            connected()
            heard = 0.0
            while True:
                received = receive()
                if received is None:
                    time.sleep(_BUSY if time.monotonic() - heard < _PATIENCE else _IDLE)
                    continue
                heard = time.monotonic()
                head, tree = received
                run, name = head.metadata.run_id, head.metadata.message_id
                try:
                    parts = [part.object_id for part in iterate_object_tree(tree)]
                    contents = pull_objects(parts, pull_object_fn=lambda part, run=run: pull_object(run, part))
                    confirm(run, name)
                    message = inflate_object_from_contents(name, contents)
                    assert isinstance(message, Message)
                    message.metadata.__dict__["_message_id"] = name
                    content = reply(head.metadata.message_type, message.content)
                    if content is None:
                        continue
                    back = Message(content, reply_to=message)
                    back.metadata.__dict__["_message_id"] = back.object_id
                    with no_object_id_recompute():
                        missing, session = send(back, get_object_tree(back), time.monotonic() - heard)
                        for part, value in get_all_nested_objects(back).items():
                            if part in missing:
                                push_object(run, session, part, value.deflate())
                except RunNotRunningException:
                    # The training is over: nobody waits for this answer.
                    continue
                heard = time.monotonic()
        # Flower has said what went wrong; the next connection is a new one.
        time.sleep(_IDLE)
