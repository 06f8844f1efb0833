"""Table, headline and plot of a data set's results. Usage: summary.py SET RESULTS [DOCS]; with DOCS its benchmarks.md
gets them between the markers, and the plot is written beside it."""

import json
import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot  # noqa: E402

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from records import write_between  # noqa: E402

ORDER = ["tally", "logistic", "kmeans", "cnn", "bnn", "tmu"]
TARGET = {"fashion-mnist": 0.90, "cifar-10": 0.70}
TITLE = {"fashion-mnist": "Fashion-MNIST", "cifar-10": "CIFAR-10"}
# Readable on white and on near-black.
COLOUR = {"tally": "#e8590c", "logistic": "#868e96", "kmeans": "#2f9e44", "cnn": "#1c7ed6", "bnn": "#7048e8",
          "tmu": "#c2255c"}
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
    return f"{value:,.0f}×" if value >= 10 else f"{value:.1f}×"


def latency(milliseconds):
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{1000 * milliseconds:.0f} µs"


def final(result):
    """Seconds of the training whose model was tested: the point with the tested model's validation accuracy."""
    points = [p for p in result["curve"] if p["accuracy"] == result["validation"]["accuracy"]]
    return points[-1] if points else result["curve"][-1]


def table(results):
    lines = ["| | test accuracy | validation | training, wall | training, CPU | images/s | one image | model | peak memory |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in results:
        point, test = final(r), r["test"]
        all_images = max(x["test"]["images"] for x in results)
        part = f" (of {test['images']:,})" if test["images"] != all_images else ""
        lines.append(
            f"| {r['title']} | {100 * test['accuracy']:.2f} %{part} | {100 * r['validation']['accuracy']:.2f} %"
            f" | {seconds(point['wallSeconds'])} | {seconds(point['cpuSeconds'])}"
            f" | {whole(r['batchInference']['imagesPerSecond'])} | {latency(r['oneImage']['milliseconds'])}"
            f" | {size(r['model']['bytes'])} | {size(r['peakMemoryBytes'])} |")
    return lines


def reached(result, target):
    """CPU seconds of the cheapest point at or above an accuracy, or None."""
    return min((p["cpuSeconds"] for p in result["curve"] if p["accuracy"] >= target), default=None)


def times(results, target):
    tally = next((reached(r, target) for r in results if r["peer"] == "tally"), None)
    lines = [f"| | CPU time to {100 * target:.0f} % validation accuracy | of Tally's |", "|---|---|---|"]
    for r in results:
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
    """Tally's images per second against those of each peer, with the accuracies that go with them."""
    tally = next((r for r in results if r["peer"] == "tally"), None)
    lines = []
    for r in results:
        if tally is None or r["peer"] not in ("cnn", "bnn", "tmu"):
            continue
        ratio = tally["batchInference"]["imagesPerSecond"] / r["batchInference"]["imagesPerSecond"]
        one = r["oneImage"]["milliseconds"] / tally["oneImage"]["milliseconds"]
        lines.append(
            f"- Inference, Tally ({100 * tally['test']['accuracy']:.1f} %) against {r['title']}"
            f" ({100 * r['test']['accuracy']:.1f} %): {factor(ratio)} the images per second in batches,"
            f" {factor(one)} for single images; its model is"
            f" {factor(tally['model']['bytes'] / r['model']['bytes'])} the size.")
    return lines


def notes(results):
    lines = []
    for r in results:
        versions = ", ".join(f"{k} {str(v).removeprefix(k).strip()}" for k, v in r["versions"].items() if "\n" not in str(v))
        lines.append(
            f"- {r['title']}: {versions}. {r['trainingImages']:,} training images; curve on {r['curveImages']:,}."
            f" Batch: {r['batchInference']['how']}. One image: {r['oneImage']['how']}. Model: {r['model']['how']}"
            + (f" (while training {size(r['model']['trainingStateBytes'])})"
               if "trainingStateBytes" in r["model"] else "") + ".")
    return lines


def plot(results, target, path):
    pyplot.rcParams.update({"font.size": 10, "svg.fonttype": "path", "axes.edgecolor": "#868e96",
                            "text.color": "#868e96", "axes.labelcolor": "#868e96", "xtick.color": "#868e96",
                            "ytick.color": "#868e96", "legend.labelcolor": "#868e96", "svg.hashsalt": "tally"})
    figure, axes = pyplot.subplots(figsize=(7.6, 5.2))
    for r in results:
        points = sorted(r["curve"], key=lambda p: p["wallSeconds"])
        axes.plot([p["wallSeconds"] for p in points], [100 * p["accuracy"] for p in points], marker="o",
                  markersize=4.5, linewidth=2 if r["peer"] == "tally" else 1.4, color=COLOUR[r["peer"]],
                  label=r["title"], zorder=3 if r["peer"] == "tally" else 2)
    axes.axhline(100 * target, color="#868e96", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    lowest = min(100 * max(p["accuracy"] for p in r["curve"]) for r in results)
    axes.set_ylim(bottom=max(0, 5 * ((lowest - 10) // 5)))
    axes.set_xlabel("seconds of training (wall, " + str(results[0]["threads"]) + " threads, log scale)")
    axes.set_ylabel("validation accuracy, %")
    axes.set_title(TITLE[results[0]["dataset"]], color="#868e96")
    axes.grid(color="#868e96", alpha=0.25, linewidth=0.6)
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2)
    for side in "top", "right":
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, transparent=True, metadata={"Date": None})


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
    lines = [f"### {TITLE[name]}", ""]
    if any(r["quick"] for r in results):
        lines += ["**A trial of the script with few images and tiny budgets: not figures to go by.**", ""]
    lines += table(results) + [""] + times(results, target) + [""] + inference(results) + [""]
    lines += [f"![Validation accuracy against seconds of training]({picture})", ""]
    lines += notes(results) + [""]
    lines += [f"{about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']};"
              f" {'; '.join(ran)}. Command: `{'`, `'.join(commands)}`."]
    text = "\n".join(lines) + "\n"
    with open(os.path.join(folder, f"{name}.md"), "w") as file:
        file.write(text)
    plot(results, target, os.path.join(docs or folder, picture))
    print("\n" + text)
    if docs:
        path = os.path.join(docs, "benchmarks.md")
        begin, end = (BEGIN, END) if not suffix else (m.replace("peers", "peers" + suffix) for m in (BEGIN, END))
        if not write_between(path, begin, end, text):
            raise SystemExit(f"peers: error: {path} has no '{begin}' and '{end}' to write between")


main()
