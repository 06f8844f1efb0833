"""Trains on a loopback cluster, kills a worker on the way, compares the model with that of the local engine."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from demo_steps import compare, run
from tally_spark.loopback import Cluster, kill_a_worker

SETTINGS = ["layers.*.filters=64", "layers.*.head.passes=1", "mergesPerPass=4"]


def kill_one(folder: Path, log: Path) -> None:
    """Kills a worker process in the middle of a round, when some rounds are done."""
    while not log.exists() or log.read_text().count('"stage":"head"') < 2:
        time.sleep(0.05)
    pid = kill_a_worker(folder, 120)
    print(f"** killed the tally worker {pid} of an executor", flush=True)


def main() -> int:
    tally, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    started = time.monotonic()
    plan = ["--plan", "tiny", *(word for setting in SETTINGS for word in ("--set", setting))]
    shards, spark, local = (str(folder / name) for name in ("shards", "spark", "local"))
    run("the data in 8 shards", tally, "shard", "--data", "fashion-mnist", "--shards", "8", "--out", shards)
    with Cluster(folder / "cluster") as cluster:
        print(f"\n== a master and two workers on {cluster.url}", flush=True)
        killer = threading.Thread(target=kill_one, args=(folder, folder / "spark" / "log.jsonl"), daemon=True)
        killer.start()
        run("training on it", tally, "train", "--data", shards, *plan, "--out", spark, "--force", *cluster.options)
    print("the cluster is stopped", flush=True)
    run("the same training in one process", tally, "train", "--data", shards, *plan, "--out", local, "--force")
    return compare(folder / "spark", folder / "local", started)


if __name__ == "__main__":
    sys.exit(main())
