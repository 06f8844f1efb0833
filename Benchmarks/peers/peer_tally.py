"""Tally, by its own command. Points before the last are trainings of their own, with fewer passes or layers."""

import json
import os
import shutil
import subprocess
import sys
import time

from common import Curve, Job, job_images, write_result

# Share of the training images that tally itself keeps to print accuracies in its log; chooses nothing.
KEPT = 0.001
# Layers; passes of the last one's filters, where it is refined; passes of the head alone.
SMALLER = [(1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 2, 1)]


def spent(command, **options):
    """Runs a command; its wall and CPU seconds and peak memory, from the kernel."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, memory


def evaluate(job, model, part, threads, limit=None):
    command = [job.tally, "evaluate", model, "--data", os.path.join(job.folder, "tally-" + part),
               "--threads", str(threads), "--json"]
    if limit:
        command += ["--limit", str(limit)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def one_image(job, model):
    """Milliseconds for one image: as tally states it, or else from a stream of images on one thread."""
    stated = evaluate(job, model, "validation", 1)
    for key, factor in ("oneImageMicroseconds", 1e-3), ("oneImageMilliseconds", 1), ("oneImageSeconds", 1e3):
        if key in stated:
            return {"milliseconds": stated[key] * factor, "how": f"{key} of tally evaluate --json"}
    return {"milliseconds": 1000 / stated["imagesPerSecond"], "how": "image after image on one thread, mean"}


def train(job, plan_name, layers=None, passes=None, head=None):
    """Trains in a folder of its own; the model, wall seconds, CPU seconds and peak memory."""
    out = os.path.join(job.folder, "tally-run")
    shutil.rmtree(out, ignore_errors=True)
    plan = json.loads(subprocess.run(
        [job.tally, "plans", plan_name], check=True, capture_output=True, text=True).stdout)
    if layers:
        plan["layers"] = plan["layers"][:layers]
        plan["layers"][-1]["refine"]["passes"] = passes
        plan["layers"][-1]["head"]["passes"] = head
    plan_file = os.path.join(job.folder, "plan.json")
    with open(plan_file, "w") as file:
        json.dump(plan, file)
    _, cpu, memory = spent([
        job.tally, "train", "--data", os.path.join(job.folder, "tally-validation"), "--plan", plan_file,
        "--validation", str(KEPT), "--seed", str(job.seed), "--threads", str(job.threads), "--quiet",
        "--out", out])
    with open(os.path.join(out, "log.jsonl")) as file:
        finished = [entry for entry in map(json.loads, file) if entry["event"] == "finished"][-1]
    return os.path.join(out, "model.tally"), finished["seconds"], cpu, memory


def main():
    job = Job(sys.argv[1])
    plan = "standard" if job.dataset == "cifar-10" else "quick"
    curve = Curve(job_images(job, "validation"))
    for layers, passes, head in SMALLER[:2] if job.quick else SMALLER:
        model, wall, cpu, _ = train(job, plan, layers, passes, head)
        label = f"1 layer, {head} head pass{'es' * (head > 1)}" if layers == 1 else (
            f"{layers} layers, {passes} pass{'es' * (passes > 1)}")
        curve.add(label, wall, cpu, evaluate(job, model, "validation", job.threads)["accuracy"])
    model, wall, cpu, memory = train(job, plan)
    judged = evaluate(job, model, "validation", job.threads)
    curve.add(f"plan {plan}", wall, cpu, judged["accuracy"])

    one = one_image(job, model)
    # The fastest of three; of one more, the answers on the test images.
    rate = max(evaluate(job, model, "validation", job.threads)["imagesPerSecond"] for _ in range(3))
    test = evaluate(job, model, "test", job.threads)
    version = subprocess.run([job.tally, "--version"], capture_output=True, text=True).stdout.strip()
    kernels = subprocess.run([job.tally, "kernels"], capture_output=True, text=True).stdout.strip()
    write_result(
        job, title=f"Tally, plan {plan}",
        settings={"plan": plan, "keptByTally": KEPT, "seed": job.seed,
                  "points": "each point a training of its own; CPU time of the whole process, report included"},
        versions={"tally": version, "kernels": kernels}, curve=curve,
        validation={"accuracy": judged["accuracy"], "images": judged["images"]},
        test={"accuracy": test["accuracy"], "images": test["images"]},
        batch={"imagesPerSecond": rate, "how": f"tally evaluate, {job.threads} threads, best of 3"}, one=one,
        model={"bytes": os.path.getsize(model), "how": "model.tally, plan and class names included"}, memory=memory)


main()
