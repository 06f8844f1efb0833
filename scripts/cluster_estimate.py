"""How long a round takes on a cluster, from measured sizes: map + latency + bytes / bandwidth.

map       = images of a round · seconds an image takes a core / cores
broadcast = state · steps / bandwidth, steps = ceil(log2(executors + 1)): whoever has the state passes it on
reduce    = tally · senders / bandwidth: four sums come together at a time, so 4 · ceil(log4(executors))
latency   = one Spark job, and a further stage for every level of the tree beyond the second

python3 scripts/cluster_estimate.py --help
"""

from __future__ import annotations

import argparse
import math

EXECUTORS = (2, 4, 16, 64, 256, 1000)
LINKS = (("10 Mbit/s", 10e6), ("100 Mbit/s", 100e6), ("1 Gbit/s", 1e9), ("10 Gbit/s", 10e9))


def seconds(executors: int, bits: float, given: argparse.Namespace) -> float:
    """The time of one round."""
    mapped = given.images / given.rate / (executors * given.cores)
    steps = math.ceil(math.log2(executors + 1))
    levels = math.ceil(math.log(executors, 4))
    senders = executors if executors <= 4 else 4 * levels
    latency = given.latency * max(1, levels - 1)
    return mapped + latency + 8 * (given.state * steps + given.tally * senders) * 1e6 / bits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=float, required=True, help="images of a round, all shards together")
    parser.add_argument("--rate", type=float, required=True, help="images a second that one core maps")
    parser.add_argument("--state", type=float, required=True, help="MB broadcast a round (log.jsonl: broadcastBytes)")
    parser.add_argument("--tally", type=float, required=True, help="MB of one executor's tally")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds of an empty Spark job")
    parser.add_argument("--cores", type=int, default=1, help="cores of an executor")
    given = parser.parse_args()
    print("| executors | map alone | " + " | ".join(name for name, _ in LINKS) + " |")
    print("|---|---|" + "---|" * len(LINKS))
    for executors in EXECUTORS:
        cells = [f"{given.images / given.rate / (executors * given.cores):.2f} s"]
        cells += [f"{seconds(executors, bits, given):.2f} s" for _, bits in LINKS]
        print(f"| {executors} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
