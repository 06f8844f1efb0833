"""What the values of a column of labels stand for: classes of the model, and numbers of Spark."""

from __future__ import annotations

from typing import Any, Protocol

from .errors import TallyError

MOST_CLASSES = 65_536


class Labels(Protocol):
    """A kind of labels."""

    def class_of(self, label: Any) -> str:
        """The name of a row's class."""

    def order(self, name: str) -> Any:
        """What classes are sorted by."""

    def label_of(self, name: str, place: int) -> int:
        """The label of a class by its name and its place in the model."""


class Texts:
    """Names of classes; labels are their places."""

    def __init__(self, column: str) -> None:
        self.column = column

    def class_of(self, label: Any) -> str:
        if label is None:
            raise TallyError(f"{self.column}: a row has no label; leave it out or give it one")
        return str(label)

    def order(self, name: str) -> bytes:
        return name.encode()

    def label_of(self, name: str, place: int) -> int:
        return place


class Numbers:
    """Whole numbers from 0, which may have names."""

    def __init__(self, column: str, names: list[str]) -> None:
        self.column, self.names = column, names
        self.numbers = {name: number for number, name in enumerate(names)}

    def class_of(self, label: Any) -> str:
        is_whole = label is not None and not (isinstance(label, float) and not label.is_integer())
        if not is_whole or label != int(label) or not 0 <= label < (len(self.names) or MOST_CLASSES):
            raise TallyError(f"{self.column}: the label {label} of a row is none; labels are whole numbers from 0")
        return self.names[int(label)] if self.names else str(int(label))

    def order(self, name: str) -> int:
        return self.numbers[name] if self.names else int(name)

    def label_of(self, name: str, place: int) -> int:
        return self.order(name)
