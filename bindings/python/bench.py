#!/usr/bin/env python3
"""Commands and version queries to a monitor and back: this package beside python3-rados, in one process, by turns.

    bench.py [--count N] [--rounds N] [--in-flight N] [--json FILE]

It takes the cluster from $CEPH_CONF, and measures python3-rados where this Python has it. $BENCH_PYTHON is a program that
starts this Python, for the import times; ``build/python.sh bench`` sets everything up.

A command keeps the monitors busy for longer than any client; a version query costs them next to nothing, so that it shows
what the client costs. That is told best by the processor time of this process, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any, Callable, NamedTuple

SOURCE = pathlib.Path(__file__).resolve().parent / "src"
sys.path.insert(0, str(SOURCE))

import monclient.aio  # noqa: E402

COMMAND = "mon dump"
MAP = "osdmap"

Latencies = list[float]


class Run(NamedTuple):
    """What was measured, in seconds."""

    latencies: Latencies
    elapsed: float
    #: Of all threads of the process.
    processor: float


class Clock:
    """From when it is made on."""

    def __init__(self) -> None:
        self.began, self.used = time.perf_counter(), self._processor()

    @staticmethod
    def _processor() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    def read(self, latencies: Latencies) -> Run:
        return Run(latencies, time.perf_counter() - self.began, self._processor() - self.used)


Side = Callable[[int], Run]


def repeat(call: Callable[[], object], count: int) -> Latencies:
    took = []
    for _ in range(count):
        begin = time.perf_counter()
        call()
        took.append(time.perf_counter() - begin)
    return took


def one_by_one(call: Callable[[], object], count: int) -> Run:
    """One call after the other."""
    clock = Clock()
    return clock.read(repeat(call, count))


def in_threads(call: Callable[[], object], count: int, threads: int) -> Run:
    """As many at a time as there are threads, which are there already."""
    took: list[Latencies] = []
    begin = threading.Barrier(threads + 1)

    def work() -> None:
        begin.wait()
        took.append(repeat(call, count // threads))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for w in workers:
        w.start()
    begin.wait()
    clock = Clock()
    for w in workers:
        w.join()
    return clock.read([t for each in took for t in each])


async def in_tasks(call: Callable[[], Awaitable[object]], count: int, tasks: int) -> Run:
    """As many at a time as there are tasks."""
    took: Latencies = []

    async def work() -> None:
        for _ in range(count // tasks):
            begin = time.perf_counter()
            await call()
            took.append(time.perf_counter() - begin)

    clock = Clock()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return clock.read(took)


def rados_client(mon: str) -> Any:
    try:
        import rados
    except ImportError:
        return None
    cluster = rados.Rados(conffile=os.environ["CEPH_CONF"], conf={"mon_host": mon})
    cluster.connect(timeout=30)
    return cluster


def import_times() -> dict[str, float]:
    """Milliseconds that an import adds to the start of Python."""
    python = os.environ.get("BENCH_PYTHON", sys.executable)

    def start(code: str) -> float:
        took = []
        for _ in range(11):
            begin = time.perf_counter()
            # Without a timeout, for with one subprocess looks only now and then whether it has ended.
            done = subprocess.run([python, "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r}); {code}"], check=False)
            if done.returncode:
                return float("nan")
            took.append(time.perf_counter() - begin)
        return min(took) * 1e3

    base = start("pass")
    what = {
        "import monclient": "import monclient",
        "import monclient.aio": "import monclient.aio",
        "import asyncio (of it)": "import asyncio",
        "import monclient, load the library": "import monclient; monclient.library_version()",
    }
    if "rados" in sys.modules:
        what["import rados"] = "import rados"
    return {name: start(code) - base for name, code in what.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000, help="calls of each kind in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=1000)
    parser.add_argument("--json", help="a file for the numbers")
    args = parser.parse_args()
    threading.stack_size(256 << 10)
    flight = args.in_flight

    loop = asyncio.new_event_loop()
    client = monclient.connect(timeout=30)
    # All ask the same monitor, for the leader answers faster than others.
    mon = client.session().addr
    asynchronous = loop.run_until_complete(monclient.aio.connect(mon_host=mon, timeout=30)._connect())
    rados = rados_client(mon)
    message = json.dumps({"prefix": COMMAND, "format": "json"})

    calls: dict[str, tuple[Callable[[], object], Callable[[], Awaitable[object]], Callable[[], object]]] = {
        "command": (
            lambda: client.command(COMMAND, format="json"),
            lambda: asynchronous.command(COMMAND, format="json"),
            lambda: rados.mon_command(message, b"", timeout=0),
        ),
        "version": (
            lambda: client.version(MAP),
            lambda: asynchronous.version(MAP),
            lambda: rados.wait_for_latest_osdmap(),
        ),
    }

    def in_loop(call: Callable[[], Awaitable[object]], count: int, tasks: int) -> Run:
        return loop.run_until_complete(in_tasks(call, count, tasks))

    # With how many at a time.
    sides: dict[str, tuple[Side, int]] = {}
    for what, (ask, ask_later, ask_rados) in calls.items():
        sides[f"{what}: monclient, one by one"] = partial(one_by_one, ask), 1
        sides[f"{what}: monclient.aio, one by one"] = partial(in_loop, ask_later, tasks=1), 1
        if rados:
            sides[f"{what}: rados, one by one"] = partial(one_by_one, ask_rados), 1
        sides[f"{what}: monclient, 8 threads"] = partial(in_threads, ask, threads=8), 8
        if rados:
            sides[f"{what}: rados, 8 threads"] = partial(in_threads, ask_rados, threads=8), 8
        sides[f"{what}: monclient.aio, {flight} in flight"] = partial(in_loop, ask_later, tasks=flight), flight
        if rados:
            sides[f"{what}: rados, {flight} threads"] = partial(in_threads, ask_rados, threads=flight), flight

    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for turn in range(args.rounds + 1):
        for name, (side, at_a_time) in sides.items():
            run = side(max(args.count, 4 * at_a_time))
            if turn:  # the first one warms up
                runs[name].append(run)
    client.close()
    loop.run_until_complete(asynchronous.close())
    loop.close()
    if rados:
        rados.shutdown()

    result: dict[str, Any] = {"python": sys.version.split()[0], "release": os.environ.get("CEPH_RELEASE", ""), "sides": {}}
    print(f"Python {result['python']}, {message}, median of {args.rounds} rounds of {args.count}\n")
    print(f"{'':44}{'calls/s':>12}{'p50 us':>12}{'p99 us':>12}{'cpu us/call':>14}")
    for name, of_it in runs.items():
        ordered = sorted(t for run in of_it for t in run.latencies)
        numbers = {
            "calls_per_s": statistics.median(len(run.latencies) / run.elapsed for run in of_it),
            "p50_us": statistics.median(ordered) * 1e6,
            "p99_us": ordered[len(ordered) * 99 // 100] * 1e6,
            "cpu_us": statistics.median(run.processor / len(run.latencies) for run in of_it) * 1e6,
        }
        result["sides"][name] = numbers
        rate, p50, p99, processor = numbers.values()
        print(f"{name:44}{rate:12.0f}{p50:12.0f}{p99:12.0f}{processor:14.1f}")
    print()
    result["import_ms"] = import_times()
    for name, ms in result["import_ms"].items():
        print(f"{name:44}{ms:9.1f} ms")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
