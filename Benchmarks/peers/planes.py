"""What a classifier reaches against what it costs: the planes, the points that another beats, and, at the accuracy of each
convolutional network, Tally's fastest plan beside it. No drawing: that is plots.py."""

from collections import namedtuple

PLANS = ("tally-tiny", "tally-quick", "tally-standard", "tally-best")
CNNS = ("cnn-8", "cnn-16", "cnn-32")

# `value` of a result; `more`: whether more is better.
Plane = namedtuple("Plane", "name title value more")

PLANES = (
    Plane("batch", "images a second, in batches, {threads} threads",
          lambda r: r["batchInference"]["imagesPerSecond"], True),
    Plane("one", "images a second, one at a time, 1 thread", lambda r: 1000 / r["oneImage"]["milliseconds"], True),
    Plane("bytes", "bytes of the model", lambda r: r["model"]["bytes"], False),
    Plane("training", "CPU seconds of training", lambda r: final(r)["cpuSeconds"], False),
)


def final(result):
    """The point of the curve whose model was tested: the one with the tested model's validation accuracy."""
    points = [p for p in result["curve"] if p["accuracy"] == result["validation"]["accuracy"]]
    return points[-1] if points else result["curve"][-1]


def dominated(results, plane):
    """Whether each result is beaten: another one is at least as accurate and at least as cheap, and better in one."""
    def place(result):
        return result["test"]["accuracy"], plane.value(result) * (1 if plane.more else -1)

    places = [place(result) for result in results]
    return [any(q != p and q[0] >= p[0] and q[1] >= p[1] for q in places) for p in places]


def beside(results, width):
    """Of a network's width: its faster build, and the fastest plan that is at least as accurate as its better build, for
    batches and for single images, as (plane, build, plan, ratio); plan and ratio are None where no plan is."""
    builds = [r for r in results if r["peer"] in (width, width + "-int8")]
    if not builds:
        return []
    accuracy = max(r["test"]["accuracy"] for r in builds)
    plans = [r for r in results if r["peer"] in PLANS and r["test"]["accuracy"] >= accuracy]
    rows = []
    for plane in PLANES[:2]:
        build = max(builds, key=plane.value)
        plan = max(plans, key=plane.value, default=None)
        rows.append((plane, build, plan, plan and plane.value(plan) / plane.value(build)))
    return rows
