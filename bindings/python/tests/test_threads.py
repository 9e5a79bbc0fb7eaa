"""Threads that share clients, in every order that chance has: with and without a global interpreter lock."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from typing import Callable

import monclient
from monclient.testing import MonCluster


def use(client: monclient.Client, chance: random.Random) -> None:
    """One operation, of any kind."""

    def abandoned_watch() -> None:
        next(client.watch("monmap", timeout=20))

    def watch_closed_by_another_thread() -> None:
        watch = client.watch("osdmap", timeout=20)
        closer = threading.Timer(chance.random() / 100, watch.close)
        closer.start()
        for m in watch:
            assert m.data
        closer.join()

    operations: list[Callable[[], object]] = [
        lambda: client.command("mon dump", timeout=20),
        lambda: client.command("config-key set", key=f"k{chance.random()}", input=b"x" * 1000, timeout=20),
        lambda: client.version("osdmap", timeout=20),
        lambda: client.wait_for_map("osdmap", 1, timeout=20),
        lambda: list(client.watch("osdmap", onetime=True, timeout=20)),
        lambda: (client.fsid, client.monmap(), client.global_id, client.session()),
        abandoned_watch,
        watch_closed_by_another_thread,
    ]
    chance.choice(operations)()


def test_everything_at_once(mon_cluster: MonCluster) -> None:
    """Clients are used, replaced and closed, and lose their sessions. Nothing else goes wrong than that they are closed, or
    have no session at the moment."""
    clients = [mon_cluster.connect() for _ in range(2)]
    lock = threading.Lock()
    until = time.monotonic() + 2
    wrong: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            while time.monotonic() < until and not wrong:
                i = chance.randrange(len(clients))
                with contextlib.suppress(monclient.ConnectionError):  # ClosedError, too
                    use(clients[i], chance)
                if chance.random() < 0.01:
                    new = mon_cluster.connect()
                    with lock:
                        old, clients[i] = clients[i], new
                    old.close()
                elif chance.random() < 0.01:
                    mon_cluster.drop_clients()
        except BaseException as e:
            wrong.append(e)

    threads = [threading.Thread(target=work, args=(seed,), daemon=True) for seed in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(40)
        assert not t.is_alive()
    for client in clients:
        client.close()
    if wrong:
        raise wrong[0]


def test_many_close_one_client(mon_cluster: MonCluster) -> None:
    for _ in range(20):
        client = mon_cluster.connect()
        start = threading.Barrier(4)

        def close(client: monclient.Client = client, start: threading.Barrier = start) -> None:
            start.wait(10)
            client.close()

        threads = [threading.Thread(target=close) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(10)
        assert client.closed
