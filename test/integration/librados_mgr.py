"""Runs commands for managers through librados: a line of JSON in, a line of JSON out, until end of file.

in:  {"as": name, "cmd": text, "target": name of a manager, for tell}
out: {"ret": errno, "out": output in hex, "outs": status}
"""
import json
import sys

import rados

clusters = {}
for line in sys.stdin:
    request = json.loads(line)
    name = request["as"]
    if name not in clusters:
        clusters[name] = rados.Rados(conffile=sys.argv[1], name=name)
        clusters[name].connect()
    ret, out, outs = clusters[name].mgr_command(request["cmd"], b"", target=request.get("target") or None)
    print(json.dumps({"ret": ret, "out": out.hex(), "outs": outs}), flush=True)
for cluster in clusters.values():
    cluster.shutdown()
