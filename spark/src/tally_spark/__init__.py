"""The driver side of Tally's Spark engine; `tally train --engine spark` runs it."""

__version__ = "0.1.0"
