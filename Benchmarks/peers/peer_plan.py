"""A named plan of Tally, by its own command: trained here, or a run folder that is there already."""

import json
import os
import shutil
import subprocess
import sys

from common import Curve, Job, job_images, write_result, write_times


def answer(command):
    """The standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def evaluate(job, model, part, threads, *options):
    return json.loads(answer([
        job.tally, "evaluate", model, "--data", os.path.join(job.folder, "tally-" + part), "--threads", str(threads),
        "--json", *options]))


def speeds(job, model):
    """Images a second, the best of three, or of one that takes long; the median of images one by one, the best of three."""
    def rate(threads):
        first = evaluate(job, model, "validation", threads)
        others = 0 if first["seconds"] > 30 else 2
        return max(first["imagesPerSecond"],
                   *(evaluate(job, model, "validation", threads)["imagesPerSecond"] for _ in range(others)), 0)

    one = min(evaluate(job, model, "validation", 1, "--limit", "500", "--latency")["oneImageMicroseconds"] for _ in range(3))
    return {"batch": {"imagesPerSecond": rate(job.threads), "how": f"tally evaluate, {job.threads} threads, best of 3"},
            "batch_one_thread": {"imagesPerSecond": rate(1), "how": "tally evaluate, 1 thread, best of 3"},
            "one": {"milliseconds": one / 1000, "how": "tally evaluate --latency, median, 1 thread"}}


def trained(job, plan):
    """The run folder of a training with a plan."""
    out = os.path.join(job.folder, "run-" + plan)
    shutil.rmtree(out, ignore_errors=True)
    data = os.path.join(job.folder, "tally-test") if job.quick else job.source
    subprocess.run([job.tally, "train", "--data", data, "--plan", plan, "--seed", str(job.seed),
                    "--threads", str(job.threads), "--quiet", "--out", out], check=True)
    return out


class Training:
    """What the log of a run tells: time, and accuracy on the validation images after every pass."""

    @property
    def plain_command(self):
        """The command, with the last parts of this machine's paths."""
        return " ".join(os.path.basename(word) if word.startswith("/") else word for word in self.command.split())

    def __init__(self, run):
        with open(os.path.join(run, "log.jsonl")) as file:
            self.events = [json.loads(line) for line in file]
        first = next(event for event in self.events if event["event"] == "started")
        self.commit, self.kernels, self.command = first["commit"], first["kernels"], first["command"]
        # Logs of old runs have no CPU time: every thread busy all the time is then the most that it can be.
        self.has_cpu = "cpuSeconds" in self.events[-1]
        self.points, self.memory = [], 0
        wall = cpu = 0.0
        previous = first
        for event in self.events:
            if event["event"] in ("started", "resumed"):
                threads, previous = event.get("threads", first["threads"]), event
                cpu += event.get("cpuSeconds", 0)
            spent = event["time"] - previous["time"]
            wall += spent
            cpu += event["cpuSeconds"] - previous["cpuSeconds"] if self.has_cpu else spent * threads
            previous = event
            if event["event"] in ("validation", "layer"):
                accuracy = event["accuracy"] if event["event"] == "validation" else event["accuracySum"]
                self.points.append((event["event"], wall, cpu, accuracy))
                self.images = event["images"]
        self.points[-1] = (*self.points[-1][:1], wall, cpu, self.points[-1][3])  # to the end of the training


def main():
    job = Job(sys.argv[1])
    plan = job.peer.removeprefix("tally-")
    run = job.run or (job.time_only and os.path.join(job.folder, "run-" + plan)) or trained(job, plan)
    model = os.path.join(run, "model.tally")
    if job.time_only:
        write_times(job, speeds(job, model))
        return
    training = Training(run)
    curve = Curve(training.images)
    for number, (event, wall, cpu, accuracy) in enumerate(training.points):
        curve.add(f"{event} {number + 1}", wall, cpu, accuracy)
    times = speeds(job, model)
    test = evaluate(job, model, "test", job.threads)
    version = answer([job.tally, "--version"]).strip()
    images = job_images(job, "train") + (0 if job.quick else job_images(job, "validation"))
    write_result(
        job, title=f"Tally, {plan}", training_images=images - training.images,
        settings={"plan": plan, "command": training.plain_command, "trainedBy": training.commit,
                  "cpuTime": "recorded" if training.has_cpu else "wall time of all threads: at most"},
        versions={"tally": version}, curve=curve,
        validation={"accuracy": curve.points[-1]["accuracy"], "images": training.images},
        test={"accuracy": test["accuracy"], "images": test["images"]}, times=times,
        model={"bytes": os.path.getsize(model), "how": "model.tally, plan and class names included"}, memory=None)


main()
