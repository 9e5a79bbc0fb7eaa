#!/usr/bin/env python3
"""Commands to a monitor and back: this package beside python3-rados, in one process, by turns.

    bench.py [--count N] [--rounds N] [--in-flight N] [--json FILE]

It takes the cluster from $CEPH_CONF, and measures python3-rados where this Python has it. $BENCH_PYTHON is a program that
starts this Python, for the import times; ``build/python.sh bench`` sets everything up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time
from typing import Any, Callable

SOURCE = pathlib.Path(__file__).resolve().parent / "src"
sys.path.insert(0, str(SOURCE))

import monclient.aio  # noqa: E402

COMMAND = {"prefix": "mon dump", "format": "json"}

Latencies = list[float]
Side = Callable[[int], Latencies]


def one_by_one(call: Callable[[], object], count: int) -> Latencies:
    """One command after the other."""
    took = []
    for _ in range(count):
        begin = time.perf_counter()
        call()
        took.append(time.perf_counter() - begin)
    return took


def in_threads(call: Callable[[], object], count: int, threads: int) -> Latencies:
    """As many at a time as there are threads."""
    took: list[Latencies] = []
    begin = threading.Barrier(threads)

    def work() -> None:
        begin.wait()
        took.append(one_by_one(call, count // threads))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return [t for each in took for t in each]


async def in_tasks(client: monclient.aio.Client, count: int, tasks: int) -> Latencies:
    """As many at a time as there are tasks."""
    took: Latencies = []

    async def work() -> None:
        for _ in range(count // tasks):
            begin = time.perf_counter()
            await client.command(COMMAND)
            took.append(time.perf_counter() - begin)

    await asyncio.gather(*(work() for _ in range(tasks)))
    return took


def rados_client() -> Any:
    try:
        import rados
    except ImportError:
        return None
    cluster = rados.Rados(conffile=os.environ["CEPH_CONF"])
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
    parser.add_argument("--count", type=int, default=2000, help="commands of each kind in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=1000)
    parser.add_argument("--json", help="a file for the numbers")
    args = parser.parse_args()
    threading.stack_size(256 << 10)
    flight = args.in_flight

    loop = asyncio.new_event_loop()
    client = monclient.connect(timeout=30)
    asynchronous = loop.run_until_complete(monclient.aio.connect(timeout=30)._connect())
    rados = rados_client()
    message = json.dumps(COMMAND)

    def ask() -> object:
        return client.command(COMMAND)

    def ask_rados() -> object:
        return rados.mon_command(message, b"", timeout=0)

    sides: dict[str, Side] = {
        "monclient, one by one": lambda n: one_by_one(ask, n),
        "monclient.aio, one by one": lambda n: loop.run_until_complete(in_tasks(asynchronous, n, 1)),
        "monclient, 8 threads": lambda n: in_threads(ask, n, 8),
        f"monclient.aio, {flight} in flight": lambda n: loop.run_until_complete(
            in_tasks(asynchronous, max(n, flight), flight)
        ),
    }
    if rados:
        sides["rados, one by one"] = lambda n: one_by_one(ask_rados, n)
        sides["rados, 8 threads"] = lambda n: in_threads(ask_rados, n, 8)
        sides[f"rados, {flight} threads"] = lambda n: in_threads(ask_rados, max(n, flight), flight)

    rates: dict[str, list[float]] = {name: [] for name in sides}
    latencies: dict[str, Latencies] = {name: [] for name in sides}
    for turn in range(args.rounds + 1):
        for name, side in sides.items():
            begin = time.perf_counter()
            took = side(args.count)
            elapsed = time.perf_counter() - begin
            if turn:  # the first one warms up
                rates[name].append(len(took) / elapsed)
                latencies[name] += took
    client.close()
    loop.run_until_complete(asynchronous.close())
    loop.close()
    if rados:
        rados.shutdown()

    result: dict[str, Any] = {"python": sys.version.split()[0], "release": os.environ.get("CEPH_RELEASE", ""), "sides": {}}
    print(f"Python {result['python']}, {message}, median of {args.rounds} rounds of {args.count}\n")
    print(f"{'':36}{'commands/s':>12}{'p50 us':>12}{'p99 us':>12}")
    for name in sides:
        ordered = sorted(latencies[name])
        rate, p50, p99 = (
            statistics.median(rates[name]),
            statistics.median(ordered) * 1e6,
            ordered[len(ordered) * 99 // 100] * 1e6,
        )
        result["sides"][name] = {"commands_per_s": rate, "p50_us": p50, "p99_us": p99}
        print(f"{name:36}{rate:12.0f}{p50:12.0f}{p99:12.0f}")
    print()
    result["import_ms"] = import_times()
    for name, ms in result["import_ms"].items():
        print(f"{name:36}{ms:9.1f} ms")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
