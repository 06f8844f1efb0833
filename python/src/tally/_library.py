"""The shared library through ctypes: plain arrays in, plain arrays out. Labels and scikit-learn are not known here."""

from __future__ import annotations

import ctypes
import os
import pathlib
import sys
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tally._machine import memory_limit

Pixels = npt.NDArray[np.uint8]

INTERFACE_VERSION = 2
MESSAGE_BYTES = 4096
# Statuses of tally.h.
DONE, INVALID, STOPPED, FILE, MISSING = range(5)
# Images in one call while predicting: small enough that Ctrl-C is noticed soon.
PREDICT_CHUNK = 4096

_size = ctypes.c_ssize_t
_handle = ctypes.c_void_p
_text = ctypes.c_char_p
_bytes = np.ctypeslib.ndpointer(np.uint8, flags="C_CONTIGUOUS")
_labels = np.ctypeslib.ndpointer(np.uint16, ndim=1, flags="C_CONTIGUOUS")
_scores = np.ctypeslib.ndpointer(np.int64, flags=("C_CONTIGUOUS", "WRITEABLE"))
_progress = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_void_p, _text, _size, _size, _size, _size, _size
)
_sink = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), _size)
_message = [ctypes.c_char_p, _size]

_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "tally_interface_version": (ctypes.c_int32, []),
    "tally_train": (
        ctypes.c_int32,
        [_bytes, _size, _size, _size, _size, _labels, ctypes.POINTER(_text), _size]
        + [_text, ctypes.POINTER(_text), _size, ctypes.c_uint64, _size, _size, _size]
        + [_progress, ctypes.c_void_p, ctypes.POINTER(_handle), *_message],
    ),
    "tally_model_open": (ctypes.c_int32, [_text, ctypes.POINTER(_handle), *_message]),
    "tally_model_decode": (ctypes.c_int32, [_bytes, _size, ctypes.POINTER(_handle), *_message]),
    "tally_model_write": (ctypes.c_int32, [_handle, _text, *_message]),
    "tally_model_encode": (_size, [_handle, ctypes.c_void_p, _size]),
    "tally_model_text": (_size, [_handle, _size, ctypes.c_void_p, _size]),
    "tally_model_sizes": (ctypes.c_int32, [_handle, ctypes.POINTER(_size)]),
    "tally_model_seed": (ctypes.c_uint64, [_handle]),
    "tally_model_temperature": (_size, [_handle]),
    "tally_predict": (
        ctypes.c_int32,
        [_handle, _bytes, _size, _size, _size, _size, _size, _scores, _size, *_message],
    ),
    "tally_model_free": (None, [_handle]),
    "tally_data_open": (
        ctypes.c_int32,
        [_text, _size, _size, _size, _size, ctypes.c_uint64, ctypes.c_int32, _size]
        + [ctypes.POINTER(_handle), *_message],
    ),
    "tally_data_sizes": (ctypes.c_int32, [_handle, _size, ctypes.POINTER(_size)]),
    "tally_data_pixels": (_size, [_handle, _size, _bytes, _size]),
    "tally_data_labels": (_size, [_handle, _size, _labels, _size]),
    "tally_data_text": (_size, [_handle, _size, ctypes.c_void_p, _size]),
    "tally_data_free": (None, [_handle]),
    "tally_explain": (
        ctypes.c_int32,
        [_handle, _bytes, _size, _size, _size, _text, _size, _size, ctypes.c_int32, _size]
        + [_sink, ctypes.c_void_p, *_message],
    ),
    "tally_report": (
        ctypes.c_int32,
        [_handle, _bytes, _size, _size, _size, _size, _labels, _text, _size, _sink, ctypes.c_void_p, *_message],
    ),
}


def _load() -> ctypes.CDLL:
    path = pathlib.Path(__file__).with_name("libTallyC.dylib" if sys.platform == "darwin" else "libTallyC.so")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"{path}: cannot be loaded; reinstall tally-classifier ({error})") from error
    version = library.tally_interface_version()
    if version != INTERFACE_VERSION:
        raise ImportError(f"{path}: has interface {version}, but {INTERFACE_VERSION} is needed; reinstall tally-classifier")
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()


class Stopped(Exception):
    """The training ended because its progress function asked for that."""


def _check(status: int, message: ctypes.Array[ctypes.c_char]) -> None:
    if status == DONE:
        return
    text = message.value.decode("utf-8", "replace")
    if status == STOPPED:
        raise Stopped(text)
    if status == MISSING:
        raise FileNotFoundError(text)
    if status == FILE:
        raise OSError(text)
    raise ValueError(text)


def _encoded(text: str, what: str) -> bytes:
    if "\0" in text:
        raise ValueError(f"{what} {text!r} has a zero character; leave it out")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} {text!r} cannot be written as UTF-8") from error


def _path(path: str) -> bytes:
    if "\0" in path:
        raise ValueError(f"the path {path!r} has a zero character; leave it out")
    return os.fsencode(path)


def _shape(pixels: Pixels) -> tuple[int, int, int, int]:
    count, height, width, channels = pixels.shape
    return count, height, width, channels


Progress = Callable[[str, int, int, int, int, int], bool]


class Model:
    """A trained model in the library's memory; immutable, usable from several threads, pickled as its file's bytes."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        weakref.finalize(self, _library.tally_model_free, handle)

    @classmethod
    def train(
        cls,
        pixels: Pixels,
        labels: npt.NDArray[np.uint16],
        names: Sequence[str],
        *,
        plan: str,
        settings: Sequence[str],
        seed: int,
        validation_ppm: int,
        threads: int,
        progress: Progress,
    ) -> Model:
        """Trains on N x H x W x C pixels. `progress` gets stage, layer, done, total, images and accuracy in parts per
        million (-1: none), and returns whether to stop; the library's thread calls it, so it must not raise."""
        handle, message = _handle(), ctypes.create_string_buffer(MESSAGE_BYTES)

        def report(_: Any, stage: bytes, layer: int, done: int, total: int, images: int, accuracy: int) -> int:
            return int(progress(stage.decode(), layer, done, total, images, accuracy))

        class_names = [_encoded(name, "the class name") for name in names]
        changes = [_encoded(setting, "the setting") for setting in settings]
        status = _library.tally_train(
            *(pixels, *_shape(pixels), labels, (_text * len(class_names))(*class_names), len(class_names)),
            *(_encoded(plan, "the plan"), (_text * len(changes))(*changes), len(changes)),
            *(seed, validation_ppm, threads, memory_limit(), _progress(report), None),
            *(ctypes.byref(handle), message, MESSAGE_BYTES),
        )
        _check(status, message)
        assert handle.value is not None
        return cls(handle.value)

    @classmethod
    def open(cls, path: str) -> Model:
        """Reads a model file."""
        handle, message = _handle(), ctypes.create_string_buffer(MESSAGE_BYTES)
        _check(
            _library.tally_model_open(_path(path), ctypes.byref(handle), message, MESSAGE_BYTES),
            message,
        )
        assert handle.value is not None
        return cls(handle.value)

    @classmethod
    def decode(cls, content: bytes) -> Model:
        """A model from the bytes of its file."""
        handle, message = _handle(), ctypes.create_string_buffer(MESSAGE_BYTES)
        array = np.frombuffer(content, dtype=np.uint8)
        _check(
            _library.tally_model_decode(array, len(array), ctypes.byref(handle), message, MESSAGE_BYTES), message
        )
        assert handle.value is not None
        return cls(handle.value)

    def write(self, path: str) -> None:
        """Writes the model file; it appears only when it is whole."""
        message = ctypes.create_string_buffer(MESSAGE_BYTES)
        _check(
            _library.tally_model_write(self._handle, _path(path), message, MESSAGE_BYTES), message
        )

    def encode(self) -> bytes:
        """The bytes of the model file."""
        return _content(lambda buffer, room: _library.tally_model_encode(self._handle, buffer, room))

    @property
    def plan(self) -> str:
        """The plan as JSON."""
        return self._string(0)

    @property
    def summary(self) -> str:
        """What training measured, as JSON."""
        return self._string(1)

    @property
    def seed(self) -> int:
        """The seed of the training."""
        return int(_library.tally_model_seed(self._handle))

    @property
    def temperature(self) -> int | None:
        """How much more of a score doubles the odds of calibrated shares; None if none was learned."""
        return int(_library.tally_model_temperature(self._handle)) or None

    @property
    def class_names(self) -> list[str]:
        """The names of the classes, in label order."""
        return [self._string(2 + i) for i in range(self._sizes()[3])]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images the model takes."""
        return self._sizes()[:3]

    def scores(self, pixels: Pixels, threads: int) -> npt.NDArray[np.int64]:
        """Scores of N x H x W x C pixels, N x classes; 65,536 more is a factor e in the odds."""
        count, height, width, channels = _shape(pixels)
        classes = self._sizes()[3]
        scores = np.empty((count, classes), dtype=np.int64)
        message = ctypes.create_string_buffer(MESSAGE_BYTES)
        for start in range(0, count, PREDICT_CHUNK):
            part, room = pixels[start : start + PREDICT_CHUNK], scores[start : start + PREDICT_CHUNK]
            status = _library.tally_predict(
                *(self._handle, part, len(part), height, width, channels, threads),
                *(room, room.size, message, MESSAGE_BYTES),
            )
            _check(status, message)
        return scores

    def explain(self, pixels: Pixels, name: str, of: int, against: int, is_page: bool, threads: int) -> str:
        """Why the model takes one image, H x W x C, for what it does: JSON, or a page. -1 leaves the choice of a class to it."""
        height, width, channels = pixels.shape
        return _gathered(
            lambda sink, message: _library.tally_explain(
                *(self._handle, pixels, height, width, channels, _encoded(name, "the name"), of, against, int(is_page)),
                *(threads, sink, None, message, MESSAGE_BYTES),
            )
        )

    def report(self, pixels: Pixels, labels: npt.NDArray[np.uint16], part: str, threads: int) -> str:
        """The report on N x H x W x C pixels with labels, as a page; `part` is what the images are called."""
        return _gathered(
            lambda sink, message: _library.tally_report(
                *(self._handle, pixels, *_shape(pixels), labels, _encoded(part, "the name"), threads),
                *(sink, None, message, MESSAGE_BYTES),
            )
        )

    def __reduce__(self) -> tuple[Callable[[bytes], Model], tuple[bytes]]:
        return Model.decode, (self.encode(),)

    def _sizes(self) -> tuple[int, int, int, int]:
        sizes = (_size * 4)()
        _library.tally_model_sizes(self._handle, sizes)
        return sizes[0], sizes[1], sizes[2], sizes[3]

    def _string(self, which: int) -> str:
        return _content(
            lambda buffer, room: _library.tally_model_text(self._handle, which, buffer, room)
        ).decode("utf-8")


class DataSet:
    """A data set in the library's memory: what `--data` of the command takes, read."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        weakref.finalize(self, _library.tally_data_free, handle)

    @classmethod
    def open(
        cls,
        spec: str,
        *,
        height: int,
        width: int,
        channels: int,
        test_ppm: int,
        seed: int,
        is_strict: bool,
        threads: int,
    ) -> DataSet:
        """Reads a data set; 0 leaves sizes and channels to the images."""
        handle, message = _handle(), ctypes.create_string_buffer(MESSAGE_BYTES)
        status = _library.tally_data_open(
            *(_path(spec), width, height, channels, test_ppm, seed, int(is_strict), threads),
            *(ctypes.byref(handle), message, MESSAGE_BYTES),
        )
        _check(status, message)
        assert handle.value is not None
        return cls(handle.value)

    def part(self, number: int) -> tuple[Pixels, npt.NDArray[np.uint16]] | None:
        """Images, N x H x W x C, and labels of the train (0), test (1) or validation part (2); None if there is none."""
        count, height, width, channels, _ = self._sizes(number)
        if count < 0:
            return None
        pixels = np.empty((count, height, width, channels), dtype=np.uint8)
        labels = np.empty(count, dtype=np.uint16)
        _library.tally_data_pixels(self._handle, number, pixels, pixels.size)
        _library.tally_data_labels(self._handle, number, labels, count)
        return pixels, labels

    @property
    def class_names(self) -> list[str]:
        """The names of the classes, in label order."""
        return [self._string(2 + i) for i in range(self._sizes(0)[4])]

    @property
    def notes(self) -> list[str]:
        """How the images were read."""
        return self._string(0).splitlines()

    @property
    def warnings(self) -> list[str]:
        """What a person must know of that."""
        return self._string(1).splitlines()

    def _sizes(self, part: int) -> tuple[int, int, int, int, int]:
        sizes = (_size * 5)()
        _library.tally_data_sizes(self._handle, part, sizes)
        return sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]

    def _string(self, which: int) -> str:
        return _content(lambda buffer, room: _library.tally_data_text(self._handle, which, buffer, room)).decode("utf-8")


def _content(read: Callable[[Any, int], int]) -> bytes:
    """What a function copies into a buffer that is large enough."""
    buffer = ctypes.create_string_buffer(max(1, read(None, 0)))
    length = read(buffer, len(buffer))
    return buffer.raw[:length]


def _gathered(call: Callable[[Any, ctypes.Array[ctypes.c_char]], int]) -> str:
    """The text that a function gives to its sink."""
    texts: list[bytes] = []
    message = ctypes.create_string_buffer(MESSAGE_BYTES)
    sink = _sink(lambda _, text, count: texts.append(ctypes.string_at(text, count)))
    _check(call(sink, message), message)
    return b"".join(texts).decode("utf-8")
