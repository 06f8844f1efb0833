"""Messages of Flower from the parts that they travel in."""

from __future__ import annotations

from collections.abc import Callable

from flwr.app import Message
from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.inflatable.inflatable_object import iterate_object_tree
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents, pull_objects

# A message is announced before its parts have arrived: seconds until they are asked for again. Flower's own second
# would be most of a round's time.
_FIRST, _LATER = 0.02, 1.0


def message_of(name: str, tree: ObjectTree, pull_object: Callable[[str], bytes]) -> Message | None:
    """The message of a name; None when it is something else."""
    parts = [part.object_id for part in iterate_object_tree(tree)]
    contents = pull_objects(parts, pull_object, initial_backoff=_FIRST, backoff_cap=_LATER)
    message = inflate_object_from_contents(name, contents)
    if not isinstance(message, Message):
        return None
    message.metadata.__dict__["_message_id"] = name
    return message
