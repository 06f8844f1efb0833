"""The plots: accuracy while training, and the planes of planes.py. Grey text, readable on white and on near-black."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot  # noqa: E402

import planes  # noqa: E402

GREY = "#868e96"
COLOUR = {"tally": "#e8590c", "logistic": GREY, "kmeans": "#2f9e44", "cnn": "#1c7ed6", "int8": "#0b7285",
          "bnn": "#7048e8", "tmu": "#c2255c"}
MARKERS = "osD^v"
TITLE = {"fashion-mnist": "Fashion-MNIST", "cifar-10": "CIFAR-10"}

pyplot.rcParams.update({
    "font.size": 10, "svg.fonttype": "path", "axes.edgecolor": GREY, "text.color": GREY, "axes.labelcolor": GREY,
    "xtick.color": GREY, "ytick.color": GREY, "legend.labelcolor": GREY, "svg.hashsalt": "tally"})


def colour(result):
    peer = result["peer"]
    return COLOUR["int8" if peer.endswith("-int8") else peer.split("-")[0]]


def axes_of(results):
    figure, axes = pyplot.subplots(figsize=(7.6, 5.6))
    axes.set_xscale("log")
    axes.set_title(TITLE[results[0]["dataset"]], color=GREY)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    for side in "top", "right":
        axes.spines[side].set_visible(False)
    return figure, axes


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, transparent=True, metadata={"Date": None})
    pyplot.close(figure)


def curves(results, target, path):
    """Validation accuracy against seconds of training."""
    figure, axes = axes_of(results)
    styles = ("-", "--", ":", "-.")
    for r in results:
        if r["peer"].endswith("-int8"):  # its training is the float32 network's
            continue
        same = [s["peer"] for s in results if colour(s) == colour(r)]
        points = sorted(r["curve"], key=lambda p: p["wallSeconds"])
        axes.plot([p["wallSeconds"] for p in points], [100 * p["accuracy"] for p in points], marker="o", markersize=4,
                  linewidth=1.6, linestyle=styles[same.index(r["peer"]) % 4], color=colour(r), label=r["title"])
    axes.axhline(100 * target, color=GREY, linewidth=0.8, linestyle=":")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    lowest = min(100 * max(p["accuracy"] for p in r["curve"]) for r in results)
    axes.set_ylim(bottom=max(0, 5 * ((lowest - 10) // 5)))
    axes.set_xlabel(f"seconds of training (wall, {results[0]['threads']} threads, log scale)")
    axes.set_ylabel("validation accuracy, %")
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2)
    save(figure, path)


def plane(results, plane, path):
    """Test accuracy against a cost or a speed: filled where no other is better in one and at least as good in both."""
    figure, axes = axes_of(results)
    for r, beaten in zip(results, planes.dominated(results, plane)):
        same = [s["peer"] for s in results if colour(s) == colour(r)]
        axes.plot(plane.value(r), 100 * r["test"]["accuracy"], MARKERS[same.index(r["peer"]) % len(MARKERS)], markersize=8,
                  markerfacecolor="none" if beaten else colour(r), markeredgecolor=colour(r), markeredgewidth=1.5,
                  label=r["title"], linestyle="none")
    axes.margins(x=0.06, y=0.08)
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel(plane.title.format(threads=results[0]["threads"]) + " (log scale)\n"
                    "hollow: another one is better in one direction and at least as good in both")
    axes.set_ylabel("test accuracy, %")
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncol=2)
    save(figure, path)
