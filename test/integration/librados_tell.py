"""Asks single monitors through librados: a line of JSON in, a line of JSON out for each, as they are done.

in:  {"id": any, "do": "tell", "target": name or rank, "cmd": text} or {"id": any, "do": "ping", "mon": name}
out: {"id": the same, "ret": errno, 0 or negative, "out": text, "outs": status}
"""
import json
import sys
import threading

import rados


def ping(request):
    return 0, cluster.ping_monitor(request["mon"]), ""


def tell(request):
    ret, out, outs = cluster.mon_command(request["cmd"], b"", target=request["target"])
    return ret, out.decode(), outs


def answer(request):
    try:
        ret, out, outs = {"ping": ping, "tell": tell}[request["do"]](request)
    except rados.Error as e:
        ret, out, outs = -e.errno, "", str(e)
    print(json.dumps({"id": request["id"], "ret": ret, "out": out, "outs": outs}), flush=True)


# The times are short because a test waits for them; librados takes one monitor for unavailable after two of the first.
conf = {"mon_client_hunt_interval": "1", "mon_client_ping_timeout": "2"}
cluster = rados.Rados(conffile=sys.argv[1], name=sys.argv[2], conf=conf)
cluster.connect()
threads = []
for line in sys.stdin:
    threads.append(threading.Thread(target=answer, args=(json.loads(line),)))
    threads[-1].start()
for t in threads:
    t.join()
cluster.shutdown()
