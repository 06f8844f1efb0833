"""Trains at three sites with unlike classes, kills one on the way, compares the model with that of one machine with all shards."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from demo_steps import compare, run
from tally_flower.loopback import Program, SuperLink, site

SETTINGS = ["layers.*.filters=64", "layers.*.head.passes=1", "mergesPerPass=4"]
SOURCE = Path("/usr/share/datasets/fashion-mnist")
IMAGES = 12_000
NAMES = "T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Boot".split()
# Which classes each site has. Their labels count in their own classes: Bag is 0 at beta and 8 at gamma.
CLASSES = {"alpha": [0, 1, 2, 3, 4], "beta": [8, 7, 6, 5], "gamma": list(range(10))}


def divide(folder: Path) -> None:
    """Gives each site images of its classes; gamma has one in nine of everything and all boots."""
    images = gzip.decompress((SOURCE / "train-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((SOURCE / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    taken: dict[str, list[int]] = {name: [] for name in CLASSES}
    for index, label in enumerate(labels[:IMAGES]):
        owner = next((name for name in ("alpha", "beta") if label in CLASSES[name]), "gamma")
        taken["gamma" if index % 9 == 0 else owner].append(index)
    for name, indices in taken.items():
        place = folder / name / "images"
        place.mkdir(parents=True)
        count = len(indices).to_bytes(4, "big")
        pixels = b"".join(images[16 + 784 * index : 16 + 784 * (index + 1)] for index in indices)
        own = bytes(CLASSES[name].index(labels[index]) for index in indices)
        (place / "train-images-idx3-ubyte").write_bytes(images[:4] + count + images[8:16] + pixels)
        (place / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + count + own)
        (place / "classes.txt").write_text("".join(f"{NAMES[label]}\n" for label in CLASSES[name]))
        print(f"{name}: {len(indices)} images of {len(CLASSES[name])} classes")


def shard(tally: str, folder: Path) -> None:
    """The four steps: counts, agreement, shards, one manifest."""
    for name in CLASSES:
        where = ["--data", str(folder / name / "images"), "--site", name, "--out", str(folder / name)]
        run(f"{name} counts its images", tally, "shard", *where, "--count", "--shards", "2")
    counts = [str(folder / name / "tally-counts.json") for name in CLASSES]
    run("the sites agree", tally, "shard", "--join", *counts, "--out", str(folder / "joined"))
    agreement = str(folder / "joined" / "tally-agreement.json")
    for name in CLASSES:
        where = ["--data", str(folder / name / "images"), "--site", name, "--out", str(folder / name)]
        run(f"{name} writes its shards", tally, "shard", *where, "--agreement", agreement)
    shards = [str(folder / name / "tally-site.json") for name in CLASSES]
    run("one manifest of all shards", tally, "shard", "--join", *shards, "--out", str(folder / "joined"))


def kill_and_restart(program: Program, log: Path, again: Callable[[], Program]) -> None:
    """Kills a site when some rounds are done, and starts it again."""
    while not log.exists() or log.read_text().count('"event":"round"') < 8:
        time.sleep(0.05)
    program.kill()
    print("** killed the site beta", flush=True)
    time.sleep(2)
    again()
    print("** started the site beta again", flush=True)


def main() -> int:
    tally, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    plan = ["--plan", "tiny", *(word for setting in SETTINGS for word in ("--set", setting))]
    print("== three sites, each with images of its own")
    divide(folder)
    shard(tally, folder)
    with contextlib.ExitStack() as running:
        superlink = SuperLink(folder / "superlink")
        running.enter_context(superlink)

        def begin(name: str) -> Program:
            return running.enter_context(site(folder / name, superlink, tally, log=folder / f"{name}.log"))

        print(f"\n== a SuperLink on {superlink.address}, and the three sites", flush=True)
        programs = {name: begin(name) for name in CLASSES}
        log = folder / "sites" / "log.jsonl"
        killer = threading.Thread(target=kill_and_restart, args=(programs["beta"], log, lambda: begin("beta")))
        killer.daemon = True
        killer.start()
        where = ["--data", str(folder / "joined"), "--out", str(folder / "sites")]
        run("training at the sites", tally, "train", *where, *plan, *superlink.options)
        killer.join()
    together = folder / "together"
    shutil.copytree(folder / "joined", together)
    for name in CLASSES:
        for part in (folder / name).glob("*.tshard"):
            shutil.copy(part, together)
    where = ["--data", str(together), "--out", str(folder / "local")]
    run("the same training in one process, which has all shards", tally, "train", *where, *plan)
    return compare(folder / "sites", folder / "local", started)


if __name__ == "__main__":
    sys.exit(main())
