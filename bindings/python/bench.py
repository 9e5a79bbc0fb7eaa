#!/usr/bin/env python3
"""Commands and version queries to a monitor and back: this package beside python3-rados, in one process, by turns.

    bench.py [--count N] [--rounds N] [--in-flight N] [--json FILE] [--results FILE]

It takes the cluster from $CEPH_CONF, and measures python3-rados where this Python has it. $BENCH_PYTHON is a program that
starts this Python, for the import times; ``build/python.sh bench`` sets everything up.

A command keeps the monitors busy for longer than any client; a version query costs them next to nothing, so that it shows
what the client costs. That is told best by the processor time of this process, whatever else the machine does.

``--results`` appends the measurements as bench/result of this repository has them, one line of JSON each. What is there with
many in flight stands beside python3-rados with as many threads as served it best in that round.
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

COMMAND = "fsid"
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


PYTHON, ASYNCIO, RADOS = "python", "asyncio", "python3-rados"

#: With how many python3-rados is tried, and with as many as ours has in flight: its calls wait.
THREADS = (8, 32, 128)


class Work(NamedTuple):
    """What is done, by whom, and how many of it at a time."""

    what: str
    side: str
    at_a_time: int
    #: Does it so many times.
    run: Callable[[int], Run]

    @property
    def alone(self) -> bool:
        return self.at_a_time == 1

    @property
    def name(self) -> str:
        """As in the measurements."""
        if self.alone:
            return f"{self.what}, 1 caller"
        return f"{self.what}, {self.at_a_time} {'in flight' if self.side == ASYNCIO else 'callers'}"

    def __str__(self) -> str:
        return f"{self.side}: {self.name}"


class Quantity(NamedTuple):
    """One number of a run."""

    name: str
    unit: str
    higher: bool
    of: Callable[[Run], float]


def percentile(p: int, run: Run) -> float:
    ordered = sorted(run.latencies)
    return ordered[len(ordered) * p // 100] * 1e9


def throughput(run: Run) -> float:
    return len(run.latencies) / run.elapsed


CPU = Quantity("cpu", "ns", False, lambda run: run.processor / len(run.latencies) * 1e9)
ALONE = [Quantity(f"wall p{p}", "ns", False, partial(percentile, p)) for p in (50, 95, 99)] + [CPU]
TOGETHER = [Quantity("throughput", "1/s", True, throughput), CPU]

#: Imports that are compared, and how often they are tried.
LOADED, IMPORT_RADOS = "import monclient, load the library", "import rados"
IMPORTS = 9

Measurement = dict[str, object]


def measurement(work: str, side: str, q: Quantity, ours: list[float], theirs: list[float]) -> Measurement:
    """A line of results; theirs may be empty."""
    line: Measurement = {"section": "python", "work": work, "quantity": q.name, "side": side, "unit": q.unit, "ours": ours}
    if q.higher:
        line["higher_is_better"] = True
    if theirs:
        line |= {"other": RADOS, "theirs": theirs}
    return line


def measurements(runs: dict[Work, list[Run]]) -> list[Measurement]:
    """Each of ours beside python3-rados: one caller beside one, more beside those that did it fastest in that round."""
    lines = []
    for work, ours in runs.items():
        if work.side == RADOS:
            continue
        others = [r for w, r in runs.items() if w.side == RADOS and w.what == work.what and w.alone == work.alone]
        theirs = [max(turn, key=throughput) for turn in zip(*others)]
        for q in ALONE if work.alone else TOGETHER:
            lines.append(measurement(work.name, work.side, q, [q.of(run) for run in ours], [q.of(run) for run in theirs]))
        for w, alike in runs.items():
            if work.side == ASYNCIO and not work.alone and w[:3] == (work.what, RADOS, work.at_a_time):
                name = f"{work.name}, beside as many threads"
                lines += [measurement(name, work.side, q, [*map(q.of, ours)], [*map(q.of, alike)]) for q in TOGETHER]
    return lines


def measurements_of_imports(took: dict[str, list[float]]) -> list[Measurement]:
    """What importing costs: ours with the library that it loads when it is first needed, as python3-rados does at once."""
    ours, theirs = ([t * 1e9 for t in took.get(name, [])] for name in (LOADED, IMPORT_RADOS))
    return [measurement("import", PYTHON, ALONE[0], ours, theirs)]


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


def import_times() -> dict[str, list[float]]:
    """Seconds that an import adds to the start of Python, by rounds."""
    python = os.environ.get("BENCH_PYTHON", sys.executable)

    def start(code: str) -> float:
        begin = time.perf_counter()
        # Without a timeout, for with one subprocess looks only now and then whether it has ended.
        subprocess.run([python, "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r}); {code}"], check=True)
        return time.perf_counter() - begin

    what = {
        "": "pass",
        "import monclient": "import monclient",
        "import monclient.aio": "import monclient.aio",
        "import asyncio (of it)": "import asyncio",
        LOADED: "import monclient; monclient.library_version()",
    }
    if "rados" in sys.modules:
        what[IMPORT_RADOS] = "import rados"
    took: dict[str, list[float]] = {name: [] for name in what}
    for turn in range(IMPORTS + 1):
        for name, code in what.items():
            seconds = start(code)
            if turn:  # the first one compiles
                took[name].append(seconds)
    base = statistics.median(took.pop(""))
    return {name: [max(seconds - base, 0) for seconds in each] for name, each in took.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000, help="calls of each kind in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=1000)
    parser.add_argument("--json", help="a file for the numbers")
    parser.add_argument("--results", help="a file that measurements are appended to, in the form that all benchmarks share")
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
        COMMAND: (
            lambda: client.command(COMMAND, format="json"),
            lambda: asynchronous.command(COMMAND, format="json"),
            lambda: rados.mon_command(message, b"", timeout=0),
        ),
        "version query": (
            lambda: client.version(MAP),
            lambda: asynchronous.version(MAP),
            lambda: rados.wait_for_latest_osdmap(),
        ),
    }

    def in_loop(call: Callable[[], Awaitable[object]], count: int, tasks: int) -> Run:
        return loop.run_until_complete(in_tasks(call, count, tasks))

    works: list[Work] = []
    for what, (ask, ask_later, ask_rados) in calls.items():
        works += [
            Work(what, PYTHON, 1, partial(one_by_one, ask)),
            Work(what, ASYNCIO, 1, partial(in_loop, ask_later, tasks=1)),
            Work(what, PYTHON, 8, partial(in_threads, ask, threads=8)),
            Work(what, ASYNCIO, flight, partial(in_loop, ask_later, tasks=flight)),
        ]
        if rados:
            works.append(Work(what, RADOS, 1, partial(one_by_one, ask_rados)))
            works += [Work(what, RADOS, n, partial(in_threads, ask_rados, threads=n)) for n in (*THREADS, flight)]

    runs: dict[Work, list[Run]] = {work: [] for work in works}
    for turn in range(args.rounds + 1):
        first = turn % len(works)
        for work in works[first:] + works[:first]:
            run = work.run(max(args.count, 5 * work.at_a_time))
            if turn:  # the first one warms up
                runs[work].append(run)
    client.close()
    loop.run_until_complete(asynchronous.close())
    loop.close()
    if rados:
        rados.shutdown()

    result: dict[str, Any] = {"python": sys.version.split()[0], "release": os.environ.get("CEPH_RELEASE", ""), "sides": {}}
    print(f"Python {result['python']}, medians of {args.rounds} rounds of {args.count} or more\n")
    print(f"{'':44}{'calls/s':>12}{'p50 us':>12}{'p99 us':>12}{'cpu us/call':>14}")
    for work, of_it in runs.items():
        ordered = sorted(t for run in of_it for t in run.latencies)
        numbers = {
            "calls_per_s": statistics.median(len(run.latencies) / run.elapsed for run in of_it),
            "p50_us": statistics.median(ordered) * 1e6,
            "p99_us": ordered[len(ordered) * 99 // 100] * 1e6,
            "cpu_us": statistics.median(run.processor / len(run.latencies) for run in of_it) * 1e6,
        }
        result["sides"][str(work)] = numbers
        rate, p50, p99, processor = numbers.values()
        print(f"{work!s:44}{rate:12.0f}{p50:12.0f}{p99:12.0f}{processor:14.1f}")
    print()
    imports = import_times()
    result["import_ms"] = {name: statistics.median(each) * 1e3 for name, each in imports.items()}
    for name, ms in result["import_ms"].items():
        print(f"{name:44}{ms:9.1f} ms")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")
    if args.results:
        lines = measurements(runs) + measurements_of_imports(imports)
        with open(args.results, "a") as f:
            f.writelines(json.dumps(line) + "\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
