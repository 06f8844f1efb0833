"""Other Python threads go on while Swift works, and Ctrl-C ends a fit."""

import _thread
import json
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import TINY_PLAN
from tally import _library

SLOW = {"layers.*.refine.passes": 1000, "layers.*.head.passes": 1000, "mergesPerPass": 50}


def test_other_threads_run_while_the_library_works(stripes, tiny, monkeypatch):
    """A thread that needs the interpreter gets it in the middle of a call, as the call has let go of it."""
    X, y = stripes()
    inside: list[str] = []
    seen: set[str] = set()
    done = threading.Event()

    def watched(name):
        function = getattr(_library._library, name)

        def call(*arguments):
            inside.append(name)
            try:
                return function(*arguments)
            finally:
                inside.pop()

        monkeypatch.setattr(_library._library, name, call)

    def look() -> None:
        while not done.wait(0.001):
            seen.update(inside)

    for name in ("tally_train", "tally_predict"):
        watched(name)
    # Python itself never takes the interpreter away from a thread: only the library lets go of it.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    looker = threading.Thread(target=look)
    looker.start()
    try:
        # However busy the machine is, one of many calls lasts until the other thread has looked.
        for _ in range(500):
            if "tally_train" in seen:
                break
            model = _train(X, y)
        for _ in range(500):
            if "tally_predict" in seen:
                break
            model.scores(X[..., None], threads=1)
    finally:
        sys.setswitchinterval(interval)
        done.set()
        looker.join()
    assert seen == {"tally_train", "tally_predict"}


def _train(X, y):
    """A training without a word on its way."""
    return _library.Model.train(
        X[..., None],
        y.astype(np.uint16),
        ["a", "b", "c"],
        **{"plan": json.dumps(TINY_PLAN), "settings": [], "seed": 1, "validation_ppm": 0, "threads": 1},
        progress=lambda *_: False,
    )


def test_fits_side_by_side(stripes, tiny):
    X, y = stripes()
    reference = tiny().fit(X, y).scores(X).tolist()
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(lambda _: tiny(threads=2).fit(X, y), range(8)))
        shared = list(pool.map(lambda _: models[0].scores(X).tolist(), range(8)))
    assert all(model.scores(X).tolist() == reference for model in models)
    assert all(scores == reference for scores in shared)


@pytest.fixture
def endings(monkeypatch) -> list[str]:
    """How every training of the test ended in the library: the name of its error, or "finished"."""
    endings = []
    train = _library.Model.train

    def watched(*arguments, **parameters):
        try:
            model = train(*arguments, **parameters)
        except Exception as error:
            endings.append(type(error).__name__)
            raise
        endings.append("finished")
        return model

    monkeypatch.setattr(_library.Model, "train", watched)
    return endings


@pytest.fixture
def heeds_interrupts():
    """SIGINT as a terminal's programs have it: what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt_ends_fit(stripes, tiny, endings, heeds_interrupts, monkeypatch):
    X, y = stripes()
    classifier = tiny(settings=SLOW, verbose=2)

    def interrupt(line, **_):
        if "head" in line:
            _thread.interrupt_main()

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("builtins.print", interrupt)
        classifier.fit(X, y)
    assert endings == ["Stopped"]
    assert not hasattr(classifier, "classes_")
    assert not any(thread.name == "tally-fit" for thread in threading.enumerate())
    # And the next one works.
    assert tiny().fit(X, y).score(X, y) > 0.8


def test_signal_ends_the_process_cleanly(heeds_interrupts):
    code = f"""
        import numpy, tally
        print("begin", flush=True)
        X = numpy.random.default_rng(0).integers(0, 256, (200, 16, 16), dtype=numpy.uint8)
        tally.TallyClassifier(settings={SLOW!r}, verbose=2).fit(X, numpy.arange(200) % 2)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if "head" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert errors.strip().endswith("KeyboardInterrupt")


def test_an_error_while_showing_ends_fit(stripes, tiny, monkeypatch, endings):
    X, y = stripes()
    monkeypatch.setattr("builtins.print", lambda *_, **__: (_ for _ in ()).throw(BrokenPipeError()))
    with pytest.raises(BrokenPipeError):
        tiny(settings=SLOW, verbose=2).fit(X, y)
    assert endings == ["Stopped"]
