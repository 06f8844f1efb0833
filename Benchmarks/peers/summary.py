"""Table, lines and plots of a data set's results. Usage: summary.py SET RESULTS [DOCS]; with DOCS its benchmarks.md
gets them between the markers, and the plots are written beside it."""

import json
import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import planes  # noqa: E402
import plots  # noqa: E402
from records import write_between  # noqa: E402

ORDER = [*planes.PLANS, "logistic", "kmeans", *(cnn + build for cnn in planes.CNNS for build in ("", "-int8")), "bnn", "tmu"]
TARGET = {"fashion-mnist": 0.90, "cifar-10": 0.70}
BEGIN, END = "<!-- peers:begin -->", "<!-- peers:end -->"


def seconds(value):
    if value >= 90:
        return f"{value / 60:.1f} min"
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


def size(count):
    if count >= 1e7:
        return f"{count / 1e6:,.0f} MB"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def whole(number):
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def factor(value):
    return f"{value:,.0f}×" if value >= 10 else f"{value:.1f}×" if value >= 1 else f"{value:.2g}×"


def latency(milliseconds):
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{1000 * milliseconds:.0f} µs"


def table(results):
    lines = ["| | test accuracy | validation | training, wall | training, CPU | images/s | one image | model | peak memory |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in results:
        point, test = planes.final(r), r["test"]
        all_images = max(x["test"]["images"] for x in results)
        part = f" (of {test['images']:,})" if test["images"] != all_images else ""
        lines.append(
            f"| {r['title']} | {100 * test['accuracy']:.2f} %{part} | {100 * r['validation']['accuracy']:.2f} %"
            f" | {seconds(point['wallSeconds'])} | {seconds(point['cpuSeconds'])}"
            f" | {whole(r['batchInference']['imagesPerSecond'])} | {latency(r['oneImage']['milliseconds'])}"
            f" | {size(r['model']['bytes'])} | {size(r['peakMemoryBytes']) if r['peakMemoryBytes'] else ''} |")
    return lines


def reached(result, target):
    """CPU seconds of the cheapest point at or above an accuracy, or None."""
    return min((p["cpuSeconds"] for p in result["curve"] if p["accuracy"] >= target), default=None)


def times(results, target):
    tally = min((reached(r, target) or math.inf for r in results if r["peer"] in planes.PLANS), default=math.inf)
    tally = None if tally == math.inf else tally
    lines = [f"| | CPU time to {100 * target:.0f} % validation accuracy | of Tally's fastest plan |", "|---|---|---|"]
    for r in results:
        if r["peer"].endswith("-int8"):  # trained as float32
            continue
        cpu = reached(r, target)
        if cpu is None:
            most = max(r["curve"], key=lambda p: p["cpuSeconds"])["cpuSeconds"]
            best = max(p["accuracy"] for p in r["curve"])
            more = f"more than {factor(most / tally)}" if tally and most > tally else ""
            lines.append(f"| {r['title']} | not reached in {seconds(most)} (best {100 * best:.2f} %) | {more} |")
        else:
            lines.append(f"| {r['title']} | {seconds(cpu)} | {factor(cpu / tally) if tally else ''} |")
    return lines


def inference(results):
    """At the accuracy of each convolutional network: Tally's fastest plan against its faster build."""
    lines = []
    for width in planes.CNNS:
        for plane, build, plan, ratio in planes.beside(results, width):
            speed = f"{plane.value(build):,.0f} images/s"
            what = plane.title.format(threads=results[0]["threads"]).removeprefix("images a second, ")
            line = f"- {build['title']}, its faster build {what}: {100 * build['test']['accuracy']:.2f} %, {speed}; "
            if plan is None:
                lines.append(line + "no plan of Tally is as accurate.")
                continue
            lines.append(line + f"{plan['title']}: {100 * plan['test']['accuracy']:.2f} %, {plane.value(plan):,.0f} images/s,"
                         f" {factor(ratio)}.")
    return lines


def notes(results):
    lines = []
    for r in results:
        versions = ", ".join(f"{k} {str(v).removeprefix(k).strip()}" for k, v in r["versions"].items() if "\n" not in str(v))
        timed = r.get("timed")
        when = f" Timed on {timed['date']}, commit `{timed['commit']}`, {timed['cpu']}." if timed else ""
        lines.append(
            f"- {r['title']}: {versions}. {r['trainingImages']:,} training images; curve on {r['curveImages']:,}."
            f" Batch: {r['batchInference']['how']}. One image: {r['oneImage']['how']}. Model: {r['model']['how']}"
            + (f" (while training {size(r['model']['trainingStateBytes'])})"
               if "trainingStateBytes" in r["model"] else "") + "." + when)
    return lines


def main():
    name, folder = sys.argv[1], sys.argv[2]
    docs = sys.argv[3] if len(sys.argv) > 3 else None
    if docs and not os.path.exists(os.path.join(docs, "benchmarks.md")):
        raise SystemExit(f"peers: error: {docs} has no benchmarks.md to write into")
    results = []
    for peer in ORDER:
        path = os.path.join(folder, f"{name}-{peer}.json")
        if os.path.exists(path):
            with open(path) as file:
                results.append(json.load(file))
    if not results:
        raise SystemExit(f"peers: error: no results of {name} in {folder}; run Benchmarks/peers/run first")
    target = TARGET[name]
    suffix = "" if name == "fashion-mnist" else "-" + name
    picture = f"benchmarks-peers{suffix}.svg"
    about = results[-1]["machine"]
    ran = sorted({f"{r['machine']['date']}, commit `{r['machine']['commit']}`" for r in results})
    commands = sorted({r["command"] for r in results})
    lines = [f"### {plots.TITLE[name]}", ""]
    if any(r["quick"] for r in results):
        lines += ["**A trial of the script with few images and tiny budgets: not figures to go by.**", ""]
    lines += table(results) + [""] + times(results, target) + [""] + inference(results) + [""]
    lines += [f"![Test accuracy against {plane.title.format(threads=results[0]['threads'])}]"
              f"(benchmarks-plane-{plane.name}{suffix}.svg)\n" for plane in planes.PLANES]
    lines += [f"![Validation accuracy against seconds of training]({picture})", ""]
    lines += notes(results) + [""]
    lines += [f"{about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']};"
              f" {'; '.join(ran)}. Command: `{'`, `'.join(commands)}`."]
    text = "\n".join(lines) + "\n"
    with open(os.path.join(folder, f"{name}.md"), "w") as file:
        file.write(text)
    plots.curves(results, target, os.path.join(docs or folder, picture))
    for plane in planes.PLANES:
        plots.plane(results, plane, os.path.join(docs or folder, f"benchmarks-plane-{plane.name}{suffix}.svg"))
    print("\n" + text)
    if docs:
        path = os.path.join(docs, "benchmarks.md")
        begin, end = (BEGIN, END) if not suffix else (m.replace("peers", "peers" + suffix) for m in (BEGIN, END))
        if not write_between(path, begin, end, text):
            raise SystemExit(f"peers: error: {path} has no '{begin}' and '{end}' to write between")


main()
