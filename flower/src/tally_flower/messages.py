"""What driver and sites say to each other in Flower's messages: one record, checked when it comes in."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from flwr.app import ConfigRecord, RecordDict

ABOUT = "query.tally_about"
ROUND = "train.tally_round"
_RECORD = "tally"


class MessageError(Exception):
    """What came is no message of Tally."""


class Shard(NamedTuple):
    """A shard file as its site describes it."""

    number: int
    size: int
    checksum: str


class About(NamedTuple):
    """What a site says of itself."""

    site: str
    version: str
    # The digest of the set that its shards are a part of, 16 hexadecimal digits.
    digest: str
    shards: list[Shard]


class Round(NamedTuple):
    """A round for all shards of a site."""

    number: int
    digest: str
    part: int
    # The description's checksum, and the description itself unless the site has it already.
    key: str
    spec: bytes
    state: bytes


class Answer(NamedTuple):
    """A site's sum, or why there is none; neither where it does not have the round's description."""

    tally: bytes
    failure: str
    seconds: float


def pack(message: About | Round | Answer) -> RecordDict:
    """A message as Flower's record: bytes as they are, all else as JSON."""
    fields = message._asdict()
    content: dict[str, Any] = {name: value for name, value in fields.items() if isinstance(value, bytes)}
    content["json"] = json.dumps({name: value for name, value in fields.items() if not isinstance(value, bytes)})
    return RecordDict({_RECORD: ConfigRecord(content)})


def _fields(records: RecordDict) -> dict[str, Any]:
    try:
        record = records[_RECORD]
        found = {name: value for name, value in record.items() if name != "json"}
        return found | dict(json.loads(str(record["json"])))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise MessageError("not a message of Tally") from error


def _checked(fields: dict[str, Any], types: dict[str, type]) -> dict[str, Any]:
    for name, kind in types.items():
        if not isinstance(fields.get(name), kind) or isinstance(fields[name], bool):
            raise MessageError(f"a message without {name}")
    return {name: fields[name] for name in types}


def about(records: RecordDict) -> About:
    found = _checked(_fields(records), {"site": str, "version": str, "digest": str, "shards": list})
    try:
        found["shards"] = [Shard(int(number), int(size), str(checksum)) for number, size, checksum in found["shards"]]
    except (ValueError, TypeError) as error:
        raise MessageError("a message with other shards than it says") from error
    return About(**found)


def round_of(records: RecordDict) -> Round:
    types = {"number": int, "digest": str, "part": int, "key": str, "spec": bytes, "state": bytes}
    return Round(**_checked(_fields(records), types))


def answer(records: RecordDict) -> Answer:
    return Answer(**_checked(_fields(records), {"tally": bytes, "failure": str, "seconds": float}))
