# make demo    install, build, train on Fashion-MNIST, evaluate, report, and a page to try the model on
# make test    the kernels (also emulated and sanitized), the tool and all Swift tests
# make test-python    build the Python package, install it into .build and test it
# make wheel   the wheels of the Python packages, in .build/wheels, tried in a system with Python alone (as root)
# make test-spark     the Spark engine (threads, a loopback cluster, kills, damage), pipelines, Parquet (needs Java)
# make spark-demo     a loopback cluster, a killed worker, and the same model as from one process (needs Java)
# make test-flower    sites that keep their images: a SuperLink and three of them on loopback, kills, damage, TLS
# make sites-demo     three sites with unlike classes, one killed, and the same model as from one machine
# make lint    format, imports, no floats where integers are promised, one version
# make fuzz    give every reader changed files for SECONDS=60 each, or the TARGET=NAME named (Fuzz/, docs/fuzzing.md)
# make build   the tool, in release
# make install  the tool, its manual pages and completions under PREFIX (and DESTDIR); make uninstall removes them
# make deb     a Debian package, .build/tally_VERSION_ARCH.deb
# make examples  run the examples, which check themselves (the Python one needs make test-python first)
# make docs    the modules' reference and the articles as a site in .build/docs
# make bench   time kernels, stages, training, inference: a table and JSON (CIFAR=FOLDER adds colour images)
# make setup   check Swift, install missing Debian packages
# make test-setup  the same, and the cross compilers, emulators, Node and Chromium that make test needs
# make swift   fetch the official Swift toolchain, with its signature checked, into a folder under your home

SWIFT ?= swift
RUN ?= run
PLAN ?= quick
THREADS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
PREFIX ?= /usr/local
DESTDIR ?=
TALLY = .build/release/tally
SPARK_RUN ?= .build/spark-demo
SITES_RUN ?= .build/sites-demo
SECONDS ?= 60
TARGET ?=

export SWIFT PREFIX DESTDIR

.PHONY: swift demo test-setup test test-python wheel test-spark spark-demo test-flower sites-demo examples docs lint build install uninstall deb bench fuzz setup clean

setup:
	@scripts/install-packages

swift:
	@scripts/install-swift

build: setup
	@scripts/build-tool

# `sudo make install` uses what `make build` built before, so that no file in the folder becomes root's.
install: $(if $(SUDO_USER),,build)
	@scripts/install-tool

uninstall:
	@scripts/install-tool --remove

deb: build
	@scripts/make-deb

docs: setup
	@scripts/docs

examples: build
	@for example in own-folder export-scores SwiftClassifier mlperf-tiny spark-pipeline; do Examples/$$example/run || exit 1; done

demo: build
	@scripts/demo $(TALLY) $(RUN) $(PLAN) $(THREADS)

lint:
	@scripts/lint

test-setup:
	@scripts/install-packages --tests

test: test-setup
	@scripts/test-install-swift
	@scripts/test-kernels
	@scripts/test-swift

bench: setup
	@Benchmarks/run

fuzz: setup
	@scripts/fuzz --seconds $(SECONDS) $(TARGET)

test-python: setup
	@scripts/test-python

wheel:
	@scripts/install-packages --wheels
	@scripts/make-wheel
	@scripts/test-wheel

test-spark: setup
	@scripts/test-spark

spark-demo: build
	@scripts/spark-demo $(TALLY) $(SPARK_RUN)

test-flower: setup
	@scripts/test-flower

sites-demo: build
	@scripts/sites-demo $(TALLY) $(SITES_RUN)

clean:
	rm -rf .build
