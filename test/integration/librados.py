"""Runs commands through librados: a line of JSON in, a line of JSON out, until end of file.

in:  {"to": "mon" or "mgr", "cmd": text of the command}
out: {"ret": errno, "out": output in hex, "outs": status}
"""
import json
import sys

import rados

cluster = rados.Rados(conffile=sys.argv[1], name="client.admin")
cluster.connect()
print(json.dumps({"ret": 0, "out": "", "outs": cluster.get_fsid()}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    run = cluster.mgr_command if request["to"] == "mgr" else cluster.mon_command
    ret, out, outs = run(request["cmd"], b"")
    print(json.dumps({"ret": ret, "out": out.hex(), "outs": outs}), flush=True)
cluster.shutdown()
