"""Ctrl-C, the end of the interpreter, fork and leaks: each in a process of its own, in limited time."""

from __future__ import annotations

import textwrap

import pytest

from .conftest import Script

# A quorum that is lost for longer than any test, in the middle of a client's life. The cluster is the process's own.
STUCK = """
import asyncio, gc, os, signal, sys, threading, time
import monclient, monclient.aio
from monclient.testing import MonCluster, counters
cluster = MonCluster()
client = cluster.connect()
watch = client.watch("osdmap")
next(watch)
cluster.lose_quorum(60)
"""

WAITS = {
    "command": 'client.command("mon dump")',
    "wait_for_map": 'client.wait_for_map("osdmap", 1000)',
    "watch": "next(watch)",
    "session_events": "list(client.session_events())",
    "connect": 'monclient.connect(conf=cluster.conf, mon_host="127.0.0.1:1")',
    "aio": """
async def main():
    async with cluster.aconnect() as c:
        async for m in c.watch("osdmap"):
            await c.command("mon dump")
asyncio.run(main())
""",
}


@pytest.mark.parametrize("wait", list(WAITS))
def test_ctrl_c(script: Script, wait: str) -> None:
    """It ends every wait at once, cancels what was under way, and leaves nothing."""
    done = script(
        STUCK
        + f"""
def interrupt():
    time.sleep(0.3)
    global sent
    sent = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
{textwrap.indent(WAITS[wait].strip(), "    ")}
except KeyboardInterrupt:
    assert time.monotonic() - sent < 1, time.monotonic() - sent
    print("interrupted")
deadline = time.monotonic() + 5
while counters()["operations"] and time.monotonic() < deadline:
    time.sleep(0.01)
assert counters()["operations"] == 0, counters()
watch.close()
client.close()
cluster.stop()
gc.collect()
assert not any(counters().values()), counters()
"""
    )
    assert done.stdout == "interrupted\n"


def test_ctrl_c_at_any_moment(script: Script) -> None:
    """Wherever it strikes, nothing is lost or freed twice, and the client goes on."""
    script(
        """
import gc, random, signal, time, warnings
import monclient
from monclient.testing import counters
warnings.simplefilter("ignore", ResourceWarning)
random.seed(1)
def strike(_, frame):
    while frame:
        if frame.f_code is again.__code__:
            raise KeyboardInterrupt
        frame = frame.f_back
signal.signal(signal.SIGALRM, strike)
def again(f):
    while True:
        f()
def interrupted(f):
    # More than once, because Python drops what is raised in a destructor.
    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 1e-3), 0.1)
    try:
        again(f)
    except KeyboardInterrupt:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
def connect():
    monclient.connect().close()
client = monclient.connect()
fsid = client.fsid
watch = client.watch("osdmap")
epochs = [next(watch).epoch]
for i in range(300):
    interrupted(lambda: client.command("mon dump"))
    interrupted(lambda: client.version("osdmap"))
    interrupted(connect)
    interrupted(lambda: list(client.watch("osdmap", onetime=True)))
    # Every call gets its own answer, not one that an interrupted call has left.
    assert client.version("monmap") == (1, 1)
    assert client.command("fsid").text.strip() == fsid
assert counters()["queues"] < 40, counters()  # the client's, those of calls to come, and what Python has lost
for i in range(20):
    client.command("osd pool create", pool=f"p{i}")
    interrupted(lambda: epochs.append(next(watch).epoch))
client.command("osd pool create", pool="last")
newest = client.version("osdmap").newest
while epochs[-1] < newest:
    epochs.append(next(watch).epoch)
assert epochs == sorted(set(epochs)), epochs
# One may have come just when this stopped waiting for it: after next() has returned, and before append().
assert newest - epochs[0] + 1 - len(epochs) <= 1, epochs
assert client.command("mon dump").retval == 0
client.close()
del watch
deadline = time.monotonic() + 5
while any(counters().values()) and time.monotonic() < deadline:
    gc.collect()
    time.sleep(0.01)
# Python can be interrupted between a call's end and the line that notes its result; a few of 1,200 may be lost there.
left = counters()
assert left["operations"] == left["pinned"] == left["threads"] == 0, left
print(left)
""",
        dev=False,
    )


def test_interrupted_before_every_instruction(script: Script) -> None:
    """Of a call, one after the other: no queue and no operation is lost, and none is used by two."""
    done = script(
        """
import gc, os, sys, monclient
from monclient.testing import counters
package = os.path.dirname(monclient.__file__)
client = monclient.connect()
own = counters()["queues"]
def interrupted_at(n, call):
    left = n
    def trace(frame, event, arg):
        nonlocal left
        if not frame.f_code.co_filename.startswith(package):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace
    try:
        sys.settrace(trace)
        call()
    except KeyboardInterrupt:
        return True
    except monclient.NotFoundError:
        pass
    finally:
        sys.settrace(None)
    return left <= 0  # in a destructor, of which Python drops what is raised
calls = {
    "version": lambda: client.version("osdmap"),
    "command": lambda: client.command("fsid", timeout=10),
    "error": lambda: client.command("config-key get", key="none"),
}
for name, call in calls.items():
    for another in (True, False):  # a queue for the call, and one that is there already
        n = 1
        while True:
            if another:
                client._waits._idle.clear()
            if not interrupted_at(n, call):
                break
            assert client.version("monmap") == (1, 1)
            assert client.command("fsid").text.strip() == client.fsid
            n += 1
        assert n > 50, (name, n)
        gc.collect()
        assert counters()["queues"] <= own + 2, (name, counters())
client.close()
del client
gc.collect()
left = counters()
# Where signals are not looked after, but this strikes: after it is noted that an event is freed, and before that.
for what in ("buffers", "sinks"):
    assert left.pop(what) <= 30, left
assert not any(left.values()), left
""",
        dev=False,
    )
    assert "AttributeError" not in done.stderr, done.stderr  # in a destructor of what was half made


def test_a_handler_that_returns_does_not_interrupt(script: Script) -> None:
    script(
        """
import os, signal, threading, time, monclient
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(client.command("mon dump").retval))
with monclient.connect() as client:
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    for i in range(300):
        assert client.command("mon dump").retval == 0
    signal.setitimer(signal.ITIMER_REAL, 0)
assert seen and not any(seen)
"""
    )


@pytest.mark.parametrize(
    "how", ["", "sys.exit(0)", "os._exit(0)", "client.close()", "gc.disable(); cycle = [client]; cycle.append(cycle)"]
)
@pytest.mark.parametrize("daemon", [True, False])
def test_exit_with_work_in_flight(script: Script, daemon: bool, how: str) -> None:
    """Threads that wait in every kind of call do not hinder the interpreter's end, and nothing crashes."""
    waits = [WAITS[w] for w in ("command", "wait_for_map", "watch", "session_events", "connect")]
    code = (
        STUCK
        + f"""
import atexit, warnings
atexit.register(cluster.stop)
warnings.simplefilter("ignore", ResourceWarning)
if {daemon}:
    for code in {waits!r} * 2:
        def wait(code=code):
            try:
                exec(code)
            except (monclient.Error, StopIteration):
                pass
        threading.Thread(target=wait, daemon=True).start()
    time.sleep(0.2)
pending = asyncio.new_event_loop()
{how}
"""
    )
    code = code.replace("os._exit(0)", "cluster.stop(); os._exit(0)")
    done = script(code, dev=False)
    assert "Traceback" not in done.stderr, done.stderr


def test_exit_in_the_middle_of_asyncio(script: Script) -> None:
    done = script(
        """
import asyncio, sys, warnings
from monclient.testing import MonCluster
warnings.simplefilter("ignore", ResourceWarning)
cluster = MonCluster()
loop = asyncio.new_event_loop()
async def main():
    client = await cluster.aconnect()
    watch = client.watch("osdmap")
    await watch.__anext__()
    cluster.lose_quorum(60)
    calls = [client.command("mon dump") for _ in range(100)]
    tasks = [loop.create_task(c) for c in (*calls, client.wait_for_map("osdmap", 1000), watch.__anext__())]
    await asyncio.sleep(0.05)
    assert not any(t.done() for t in tasks)
    cluster.stop()
loop.run_until_complete(main())
sys.exit(3)
""",
        status=3,
        dev=False,
    )
    assert "Fatal" not in done.stderr


FORKED = """
try:
    CALL
except monclient.ForkedError as e:
    assert "spawn" in str(e), e
else:
    os._exit(9)
"""


def test_fork(script: Script) -> None:
    """The child gets a clear error from everything, at once; nothing is closed there, and the parent lives on."""
    calls = [
        'client.command("mon dump")',
        'client.version("osdmap")',
        "next(watch)",
        "next(client.session_events())",
        "client.fsid",
        "client.session()",
        'client.watch("osdmap")',
        "monclient.connect()",
        "asyncio.run(aconnect())",
    ]
    script(
        """
import asyncio, gc, os, sys, time, monclient, monclient.aio
async def aconnect():
    await monclient.aio.connect()
client = monclient.connect()
assert client.command("mon dump").retval == 0  # whose queue serves further calls
watch = client.watch("osdmap")
sys.stderr.flush()
pid = os.fork()
if pid == 0:
"""
        + "".join("    " + line + "\n" for call in calls for line in FORKED.replace("CALL", call).strip().splitlines())
        + """
    watch.close()
    del watch, client  # neither a warning nor a close
    gc.collect()
    os._exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
assert next(watch).full
assert client.command("mon dump").retval == 0
client.close()
"""
    )


def test_fork_while_threads_wait(script: Script) -> None:
    """The child has their queues, and nobody who waits there."""
    script(
        STUCK
        + """
def wait():
    try:
        client.command("mon dump")
    except monclient.ClosedError:
        pass
threads = [threading.Thread(target=wait) for _ in range(4)]
[t.start() for t in threads]
while counters()["operations"] < 4:
    time.sleep(0.01)
pid = os.fork()
if pid == 0:
    try:
        client.version("osdmap")
    except monclient.ForkedError:
        client.close()
        del watch, client
        gc.collect()
        os._exit(5)
    os._exit(9)
_, status = os.waitpid(pid, 0)
assert os.WEXITSTATUS(status) == 5, status
assert counters()["operations"] == 4
watch.close()
client.close()
[t.join() for t in threads]
cluster.stop()
gc.collect()
assert not any(counters().values()), counters()
""",
        dev=False,
    )


def test_a_child_exits_in_the_normal_way(script: Script) -> None:
    script(
        """
import os, sys, monclient
with monclient.connect() as client:
    pid = os.fork()
    if pid == 0:
        sys.exit(7)  # through the end of "with", and the interpreter's
    _, status = os.waitpid(pid, 0)
    assert os.WEXITSTATUS(status) == 7, status
    assert client.command("mon dump").retval == 0
"""
    )


def test_fork_before_the_first_use(script: Script) -> None:
    """Importing loads nothing, so that a pool of forked processes may connect in each of them."""
    script(
        """
import multiprocessing, monclient, monclient.aio
def work(_):
    with monclient.connect() as client:
        return client.command("mon dump", format="json").json()["fsid"]
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert len(set(pool.map(work, range(4)))) == 1
        pool.close()
        pool.join()
""",
        dev=False,
    )


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_multiprocessing(script: Script, method: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("mp") / "program.py"
    path.write_text(
        f"""
import multiprocessing, monclient
def work(_):
    with monclient.connect() as client:
        return client.command("mon dump", format="json").json()["fsid"]
if __name__ == "__main__":
    with monclient.connect() as client, multiprocessing.get_context({method!r}).Pool(2) as pool:
        assert set(pool.map(work, range(4))) == {{client.fsid}}
        pool.close()
        pool.join()
"""
    )
    script(f"import runpy, sys; sys.argv = [{str(path)!r}]; runpy.run_path({str(path)!r}, run_name='__main__')", dev=False)


def test_leaks(script: Script) -> None:
    """Memory, descriptors and threads stay what they are over many clients and calls."""
    script(
        """
import asyncio, gc, os, monclient, monclient.aio
from monclient.testing import counters
def once():
    with monclient.connect() as client:
        for _ in range(20):
            client.command("mon dump", input=b"x" * 1000)
        try:
            client.command("config-key get", key="none")
        except FileNotFoundError:
            pass
        client.monmap(), client.encoded_monmap(), client.session(), client.version("osdmap")
        list(client.watch("osdmap", onetime=True))
        next(client.watch("osdmap"))
        next(client.session_events())
    async def main():
        async with monclient.aio.connect() as client:
            await asyncio.gather(*(client.command("mon dump") for _ in range(20)))
            async for m in client.watch("osdmap"):
                break
            task = asyncio.ensure_future(client.command("mon dump"))
            await asyncio.sleep(0)
            task.cancel()
    asyncio.run(main())
    try:
        monclient.connect(name="client.nobody")
    except monclient.Error:
        pass
def measure():
    gc.collect()
    assert not any(counters().values()), counters()
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * 4096, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
for _ in range(40):
    once()
memory, files, threads = measure()
for _ in range(120):
    once()
memory2, files2, threads2 = measure()
assert memory2 - memory < 6 << 20, (memory, memory2)
assert files2 <= files, (files, files2)
assert threads2 <= threads + 4, (threads, threads2)
""",
        timeout=60,
        dev=False,
    )


def test_importing_is_light(script: Script) -> None:
    done = script(
        "import sys, monclient; print(*sorted({'asyncio', 'pytest', 'subprocess', 'pycparser'} & set(sys.modules)))",
        dev=False,
    )
    assert done.stdout.split() == []


def test_free_threaded(script: Script) -> None:
    """Where Python has no global lock this runs without one; elsewhere it is one more test of threads."""
    script(
        """
import sys, threading, monclient
assert getattr(sys, "_is_gil_enabled", lambda: True)() or "free-threading" in sys.version
with monclient.connect() as client:
    def work():
        for _ in range(200):
            assert client.command("mon dump").retval == 0
    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
"""
    )
