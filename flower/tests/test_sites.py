"""The same model from sites as from one machine, with and without kills; one clear line where there can be none."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from conftest import SITES, Bench
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from processes import PATIENCE, expect_failure, expect_model, wait_until

from tally_flower import frames
from tally_flower.loopback import SuperLink


def state_of(pid: int) -> str:
    """Linux's letter for what a process does; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_same_model(bench: Bench, superlink: SuperLink) -> None:
    bench.sites(superlink)
    output = expect_model(bench.start("sites", *superlink.options))
    assert bench.model("sites") == bench.model("whole")
    assert "\nrounds  " in output and " 0 retries\n" in output
    costs = bench.costs("sites")
    assert costs["rounds"] > 15 and costs["broadcastBytes"] > 10_000 and costs["tallyBytes"] > 10_000
    # Where images are out of reach there is nothing to show.
    assert not (bench.folder / "sites" / "report.html").exists()
    # The sites are still there for the next one.
    expect_model(bench.start("again", *superlink.options))
    assert bench.model("again") == bench.model("whole")


def test_a_killed_site_that_comes_again_does_not_show(bench: Bench, superlink: SuperLink) -> None:
    programs = bench.sites(superlink)
    process = bench.start("killed", *superlink.options, signal="STOP round 6")
    wait_until(lambda: state_of(process.pid) == "T", "a stop")
    programs["beta"].kill()
    process.send_signal(signal.SIGCONT)
    bench.site("beta", superlink)
    expect_model(process)
    assert bench.model("killed") == bench.model("whole")
    assert bench.costs("killed")["retries"] >= 1


def test_a_killed_worker_does_not_show(bench: Bench, superlink: SuperLink, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    bench.site("alpha", superlink)
    bench.site("gamma", superlink)
    beta = bench.site("beta", superlink, environment={"TALLY_TEST_SIGNAL": f"KILL map 4 {token}"})
    expect_model(bench.start("worker", *superlink.options))
    assert not token.exists()
    assert "the tally worker ended (signal 9)" in beta.said
    assert bench.model("worker") == bench.model("whole")


def test_a_site_that_leaves_is_named_and_the_training_goes_on_later(bench: Bench, superlink: SuperLink) -> None:
    programs = bench.sites(superlink)
    process = bench.start("left", *superlink.options, "--site-timeout", "3", signal="STOP round 6")
    wait_until(lambda: state_of(process.pid) == "T", "a stop")
    programs["gamma"].stop()
    process.send_signal(signal.SIGCONT)
    expect_failure(process, "site gamma gave no answer within 3 s", "--site-timeout", "--resume")
    assert not (bench.folder / "left" / "model.tally").exists()
    bench.site("gamma", superlink)
    # This Python is named by its path: a folder that says so is asked about.
    expect_failure(bench.resume("left"), f"engine.python {sys.executable}", "--trust")
    expect_model(bench.resume("left", "--trust"))
    assert bench.model("left") == bench.model("whole")


def test_a_site_that_does_not_come_is_named(bench: Bench, superlink: SuperLink) -> None:
    bench.site("alpha", superlink)
    bench.site("gamma", superlink)
    process = bench.start("late", *superlink.options, "--site-timeout", "3")
    expect_failure(process, "site beta did not come within 3 s", "tally-site")


def test_a_late_site_is_waited_for(bench: Bench, superlink: SuperLink) -> None:
    bench.site("alpha", superlink)
    bench.site("gamma", superlink)
    process = bench.start("waited", *superlink.options)
    wait_until(lambda: "alpha" in (bench.folder / "alpha.log").read_text(), "a site")
    bench.site("beta", superlink)
    expect_model(process)
    assert bench.model("waited") == bench.model("whole")


def test_a_killed_training_goes_on_in_one_place(bench: Bench, superlink: SuperLink) -> None:
    bench.sites(superlink)
    process = bench.start("training", *superlink.options, signal="KILL round 8")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    # The shards are at the sites: in one place there are none.
    expect_failure(bench.resume("training", "--engine", "local"), "part-00000.tshard")
    for part in (bench.folder / "together").glob("*.tshard"):
        shutil.copy(part, bench.folder / "joined")
    try:
        expect_model(bench.resume("training", "--engine", "local"))
    finally:
        for part in (bench.folder / "joined").glob("*.tshard"):
            part.unlink()
    assert bench.model("training") == bench.model("whole")


def test_a_superlink_that_ends_is_named(bench: Bench, tmp_path: Path) -> None:
    with SuperLink(tmp_path / "superlink") as superlink:
        assert isinstance(superlink, SuperLink)
        programs = bench.sites(superlink)
        process = bench.start("ended", *superlink.options, "--site-timeout", "3", signal="STOP round 6")
        wait_until(lambda: state_of(process.pid) == "T", "a stop")
        superlink.kill()
        process.send_signal(signal.SIGCONT)
        expect_failure(process, superlink.address, "no SuperLink answers", "--resume")
    with SuperLink(tmp_path / "another", port=superlink.port) as another:
        assert isinstance(another, SuperLink)
        # Another one does not know the sites; they say so and end.
        for name, program in programs.items():
            assert program.process.wait(PATIENCE) == 1
            assert program.said.count("error: ") == 1 and f"error: site {name}: the SuperLink does" in program.said
        bench.sites(another)
        expect_model(bench.resume("ended", "--trust"))
    assert bench.model("ended") == bench.model("whole")


def start_alone(bench: Bench, name: str, superlink: SuperLink, *options: str) -> tuple[int, str]:
    """A site that is to end by itself: its exit status and what it says."""
    command = [sys.executable, "-m", "tally_flower.site", "--data", str(bench.folder / name), "--tally", bench.tally]
    command += ["--superlink", superlink.address, "--insecure", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


def test_damaged_shards_are_named_at_their_site(copy: Bench, superlink: SuperLink) -> None:
    path = copy.folder / "beta" / "part-00002.tshard"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, said = start_alone(copy, "beta", superlink)
    assert code == 1 and "part-00002.tshard" in said and "checksum" in said and "write the shards again" in said
    path.write_bytes(content[:-1])
    assert "tally-site.json says" in start_alone(copy, "beta", superlink)[1]
    path.unlink()
    assert "No such file" in start_alone(copy, "beta", superlink)[1]
    (copy.folder / "beta" / "tally-site.json").write_text("{}")
    assert "write the shards again" in start_alone(copy, "beta", superlink)[1]
    (copy.folder / "beta" / "tally-site.json").unlink()
    assert "tally shard --site" in start_alone(copy, "beta", superlink)[1]
    assert "install tally there" in start_alone(copy, "alpha", superlink, "--tally", "/no/tally")[1]


def test_shards_that_were_written_again_are_refused(copy: Bench, superlink: SuperLink) -> None:
    # Other images than were counted are refused where they are...
    shutil.copytree(copy.folder / "data" / "alpha", copy.folder / "data" / "other")
    labels = copy.folder / "data" / "other" / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-2] + b"\1\0")
    options = ["--site", "alpha", "--agreement", "joined/tally-agreement.json", "--out", "alpha"]
    done = copy.run("shard", "--data", "data/other", *options)
    assert done.returncode == 1 and "site alpha: not the images" in done.stderr
    # ... and so are shards that are not those that were joined.
    site = copy.folder / "gamma" / "tally-site.json"
    text = json.loads(site.read_text())
    joined = copy.folder / "joined" / "tally-shards.json"
    manifest = json.loads(joined.read_text())
    old = manifest["shards"][3]["checksum"]
    assert old == text["content"]["shards"][0]["checksum"]
    joined.write_text(joined.read_text().replace(old, "f" * 16))
    copy.sites(superlink)
    expect_failure(copy.start("run", *superlink.options), "site gamma: shard 3 is not the one that was joined")
    copy.end()
    text["content"]["digest"] = "1" * 16
    site.write_text(json.dumps(text))
    copy.sites(superlink)
    expect_failure(copy.start("run", *superlink.options), "site gamma has shards of another agreement")


def test_another_version_is_refused(bench: Bench, superlink: SuperLink, tmp_path: Path) -> None:
    hello = tmp_path / "hello"
    with hello.open("wb") as stream:
        frames.send(stream, frames.Kind.HELLO, b"9.9.9")
        frames.send(stream, frames.Kind.KEPT)
    other = tmp_path / "other"
    other.write_text(f"#!/bin/sh\ncat '{hello}'\ncat > /dev/null\n")
    other.chmod(0o755)
    bench.site("alpha", superlink)
    bench.site("gamma", superlink)
    bench.site("beta", superlink, "--tally", str(other))
    process = bench.start("version", *superlink.options)
    expect_failure(process, "site beta runs tally 9.9.9, but this training uses", "install the same version there")


def test_few_images_are_not_counted(bench: Bench, superlink: SuperLink) -> None:
    code, said = start_alone(bench, "beta", superlink, "--least-images", "1000")
    assert code == 1 and "site beta" in said and "--least-images 1000" in said
    # There are enough to learn from, but not to validate by.
    bench.site("alpha", superlink)
    bench.site("gamma", superlink)
    bench.site("beta", superlink, "--least-images", "100")
    process = bench.start("few", *superlink.options)
    expect_failure(process, "site beta: 24 validation images are fewer than --least-images 100")


def test_no_superlink(bench: Bench, superlink: SuperLink) -> None:
    flower = ["--engine", "flower", "--python", sys.executable, "--insecure"]
    expect_failure(bench.start("none", *flower, "--superlink", "127.0.0.1:9"), "127.0.0.1:9", "flower-superlink")
    # TLS is the rule: a SuperLink without is not spoken to unless somebody says so.
    options = [option for option in superlink.options if option != "--insecure"]
    expect_failure(bench.start("none", *options), superlink.address, "--insecure")
    data = bench.folder / "together"
    manifest = json.loads((data / "tally-shards.json").read_text())
    assert [shard["site"] for shard in manifest["shards"]] == ["alpha", "alpha", "beta", "gamma"]
    expect_failure(bench.start("none", *superlink.options, data="data"), "tally-shards.json", "tally shard --join")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return certificate, key


def test_tls_is_flowers(bench: Bench, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    options = ["--ssl-certfile", str(certificate), "--ssl-keyfile", str(key), "--ssl-ca-certfile", str(certificate)]
    with SuperLink(tmp_path / "superlink", options) as superlink:
        assert isinstance(superlink, SuperLink)
        trust = ["--root-certificates", str(certificate)]
        for name in SITES:
            bench.site(name, superlink, *trust)
        expect_model(bench.start("tls", *superlink.options, *trust))
        assert bench.model("tls") == bench.model("whole")
        # Without the certificate nobody believes it.
        expect_failure(bench.start("untrusted", *superlink.options), superlink.address, "--root-certificates")


def test_no_home_and_a_package_folder_that_cannot_be_written(bench: Bench, tmp_path: Path) -> None:
    package = Path(frames.__file__).parent
    shutil.copytree(package, tmp_path / "package" / "tally_flower", ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*(tmp_path / "package").rglob("*"), tmp_path / "package"]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    kept = {name: os.environ.pop(name) for name in ["HOME"] if name in os.environ}
    os.environ["PYTHONPATH"] = str(tmp_path / "package")
    try:
        with SuperLink(tmp_path / "superlink") as superlink:
            assert isinstance(superlink, SuperLink)
            bench.sites(superlink)
            expect_model(bench.start("homeless", *superlink.options))
        bench.end()
    finally:
        os.environ |= kept
        del os.environ["PYTHONPATH"]
        for path in [tmp_path / "package", *(tmp_path / "package").rglob("*")]:
            path.chmod(0o755)
    assert bench.model("homeless") == bench.model("whole")


def test_a_site_ends_in_good_order(bench: Bench, superlink: SuperLink) -> None:
    program = bench.site("alpha", superlink)
    workers = children(program.process.pid)
    assert len(workers) == 1
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(PATIENCE) == 0
    assert program.said.endswith("site alpha: stopped\n")
    wait_until(lambda: state_of(workers[0]) in ("", "Z"), "the end of the worker")
