#!/usr/bin/env python3
"""How long a ceph command takes as a process: the release's own script with its own librados, the same script with this
package in its place, and monc, by turns.

    bench_ceph.py [--rounds N]

$REALCEPH_CEPH is the release's ceph command on a cluster, $MONC is monc; ``build/bench.sh ceph`` sets everything up.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import statistics
import subprocess
import time
from typing import NamedTuple

SOURCE = pathlib.Path(__file__).resolve().parent / "src"

#: What ceph is given, and the same for monc.
COMMANDS = {"-s": ["status"], "osd dump -f json": ["command", "osd", "dump", "-f", "json"]}


class Program(NamedTuple):
    """A way to run a command."""

    name: str
    argv: list[str]
    env: dict[str, str]


def programs(wrapper: pathlib.Path) -> list[Program]:
    """The script with the one and the other, without the shell script that leads to it."""
    env, argv = dict(os.environ), []
    for line in wrapper.read_text().splitlines():
        words = shlex.split(line)
        if words[:1] == ["export"] and "=" in words[1]:
            name, _, value = words[1].partition("=")
            env[name] = value
        elif words[:1] == ["exec"]:
            argv = [word for word in words[1:] if word != "$@"]
    script = argv.pop()
    if not script.endswith("/ceph"):
        raise SystemExit(f"bench_ceph.py: {wrapper} is no script of internal/realceph")
    own = {**env, "PYTHONPATH": str(SOURCE), "MONCLIENT_CEPH": script}
    return [Program("librados", [*argv, script], env), Program("monclient", [*argv, "-m", "monclient.ceph"], own)]


def run(program: Program, args: list[str]) -> tuple[float, float]:
    """Seconds of time and of the processor that a process takes."""
    begin = time.perf_counter()
    child = subprocess.Popen(
        [*program.argv, *args], env=program.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    elapsed = time.perf_counter() - begin
    child.returncode = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
    child.stderr.close()
    if child.returncode:
        raise SystemExit(f"{program.argv} {args}: exit status {child.returncode}\n{said.decode(errors='replace')}")
    return elapsed, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description="the time of a ceph command")
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    both = programs(pathlib.Path(os.environ["REALCEPH_CEPH"]))
    monc = Program("monc", [os.environ["MONC"]], dict(os.environ))
    print(f"process times on {os.environ['CEPH_RELEASE']}, medians of {rounds}\n")
    print(f"{'ceph':<18} {'with':<10} {'time':>9} {'ratio':>6} {'processor':>10} {'ratio':>6}")
    for line, words in COMMANDS.items():
        contest = [(program, shlex.split(line)) for program in both] + [(monc, words)]
        taken: dict[str, list[tuple[float, float]]] = {program.name: [] for program, _ in contest}
        for i in range(rounds + 1):
            for program, args in contest[i % 3 :] + contest[: i % 3]:
                times = run(program, args)
                if i:  # the first ones compile Python
                    taken[program.name].append(times)
        medians = {name: [statistics.median(column) for column in zip(*times)] for name, times in taken.items()}
        base = medians["librados"]
        for name, (elapsed, processor) in medians.items():
            first, second = elapsed / base[0], processor / base[1]
            print(f"{line:<18} {name:<10} {elapsed * 1e3:>6.1f} ms {first:>6.2f} {processor * 1e3:>7.1f} ms {second:>6.2f}")


if __name__ == "__main__":
    main()
