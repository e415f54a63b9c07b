"""The reference of the rules engine: a Bytewax dataflow that keeps the last value of each key, nothing else."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main


def items_per_s(keys: Sequence[str], count: int) -> float:
    """Return how many items a second of processor time go through, the keys in turn."""
    turns = itertools.cycle(keys)
    items = [(next(turns), float(number % 100)) for number in range(count)]
    out: list[tuple[str, float]] = []
    flow = Dataflow("last_value")
    stream = op.input("in", flow, TestingSource(items, batch_size=1_000))
    kept = op.stateful_map("keep", stream, lambda _last, value: (value, value))
    op.output("out", kept, TestingSink(out))
    start_s = time.process_time()
    run_main(flow)  # type: ignore[no-untyped-call] # of Bytewax
    return len(out) / (time.process_time() - start_s)
