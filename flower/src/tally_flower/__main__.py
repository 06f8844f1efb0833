"""`python -m tally_flower`, as `tally train` starts it: frames on the standard input and output, Flower behind them."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from . import training
from .driver import Driver, DriverError, Options, read_manifest
from .federation import Address, Federation, FederationError
from .frames import FrameError


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser("tally_flower", description="Flower side of tally train --engine flower.")
    parser.add_argument("--data", required=True, help="folder with the joined manifest")
    parser.add_argument("--tally", required=True, help="tally of this machine, which adds")
    parser.add_argument("--version", required=True, help="its version")
    parser.add_argument("--superlink", required=True, help="host:port of the SuperLink")
    parser.add_argument("--insecure", action="store_true")
    parser.add_argument("--root-certificates")
    parser.add_argument("--site-timeout", type=float, required=True, help="seconds")
    found = parser.parse_args(arguments)
    address = Address(found.superlink, found.insecure, found.root_certificates)
    return Options(found.data, found.tally, found.version, address, found.site_timeout)


@contextlib.contextmanager
def flower(options: Options) -> Iterator[Driver]:
    """Rounds at the sites; the run on the SuperLink ends with them."""
    manifest = read_manifest(Path(options.data))
    federation = Federation(options.address, options.site_timeout)
    try:
        yield Driver(federation, options, manifest)
    except Exception as error:
        federation.close(str(error))
        raise
    federation.close()


def line(error: Exception) -> str | None:
    """What to say of an error; None for one that nobody expected."""
    return str(error) if isinstance(error, (DriverError, FederationError, FrameError)) else None


if __name__ == "__main__":
    options = parse(sys.argv[1:])
    training.run(lambda: flower(options), line)
