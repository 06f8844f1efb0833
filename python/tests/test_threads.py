"""Other Python threads go on while Swift works, and Ctrl-C ends a fit."""

import _thread
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tally import _library

SLOW = {"layers.*.refine.passes": 1000, "mergesPerPass": 50}


def test_other_threads_run_during_fit_and_predict(fashion, tiny):
    X, y = fashion("train", 2000)
    ticks = [0]
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    counter = threading.Thread(target=tick)
    classifier = tiny()
    counter.start()
    try:
        classifier.fit(X, y)
        during_fit = ticks[0]
        classifier.scores(X)
    finally:
        done.set()
        counter.join()
    assert during_fit > 5
    assert ticks[0] > during_fit


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


def test_interrupt_ends_fit(stripes, tiny, endings, heeds_interrupts):
    X, y = stripes()
    classifier = tiny(settings=SLOW)
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
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
        if "refine" in line:
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
