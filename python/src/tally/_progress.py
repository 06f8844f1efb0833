"""A training at work: on a thread of its own, with a word on every step."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from tally import _summary
from tally._library import Model, Stopped

Event = tuple[str, int, int, int, int, int]


def in_background(
    work: Callable[[Callable[..., bool]], Model], show: Callable[[Event], None]
) -> Model:
    """Runs `work` on a thread of its own while this one shows its events and can be interrupted."""
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    stop = threading.Event()
    results: list[Model | BaseException] = []

    def progress(*event: Any) -> bool:
        events.put(event)
        return stop.is_set()

    def run() -> None:
        try:
            results.append(work(progress))
        except BaseException as error:
            results.append(error)
        finally:
            events.put(None)

    worker = threading.Thread(target=run, name="tally-fit")
    try:
        worker.start()
        while (event := events.get()) is not None:
            show(event)
        worker.join()
    except BaseException:
        stop.set()
        if worker.is_alive():
            worker.join()
        raise
    result = results[0]
    if isinstance(result, Stopped):
        raise RuntimeError("the training was stopped") from result
    if isinstance(result, BaseException):
        raise result
    return result


def entry(event: Event, images_given: int) -> dict[str, Any]:
    """An event of the library as an entry of `history_`."""
    stage, layer, done, total, images, accuracy = event
    # Layers are measured on validation images where there are some: fewer than all.
    part = "validation" if stage == "layer" and images < images_given else "training"
    share = None if accuracy < 0 else accuracy / 1_000_000
    return _summary.event(stage, None if layer < 0 else layer, done, total, images, share, part)


def show(step: dict[str, Any], verbose: int) -> None:
    """Prints an entry of `history_`, if that was asked for."""
    stage, layer, accuracy = step["stage"], step["layer"], step["accuracy"]
    share = "" if accuracy is None else f"{accuracy:.2%}".replace("%", " %")
    if stage == "layer":
        if verbose >= 1:
            print(f"[tally] layer {layer} done: {share} of {step['images']} {step['part']} images right", flush=True)
    elif verbose >= 2:
        place = stage if layer is None else f"layer {layer} {stage}"
        count = f" {step['step']}/{step['steps']}" if step["steps"] > 1 else ""
        right = f", {share} of training images right while learning" if share else ""
        print(f"[tally] {place}{count}{right}", flush=True)
