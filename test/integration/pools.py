"""Does with pools what it is told to, through librados: a line of JSON in, a line of JSON out, until end of file.

arguments: the configuration, the client's name, its keyring
in:  {"do": what, "args": [...]}
out: {"errno": 0 or that of the exception, "value": what came of it}
"""
import json
import sys

import rados

cluster = rados.Rados(conffile=sys.argv[1], name=sys.argv[2], conf={"keyring": sys.argv[3]})
cluster.connect()


def with_pool(f):
    def call(pool, *args):
        with cluster.open_ioctx(pool) as io:
            return f(io, *args)
    return call


def found(f):
    def call(arg):
        value = f(arg)
        if value is None:
            raise rados.ObjectNotFound("nothing")
        return value
    return call


def rule(name, number):
    return cluster.create_pool(name, crush_rule=number)


def newest_list():
    cluster.wait_for_latest_osdmap()  # it would go by the map that it happens to have
    return cluster.list_pools()


DO = {
    "create": cluster.create_pool,
    "create_rule": rule,
    "delete": cluster.delete_pool,
    "lookup": found(cluster.pool_lookup),
    "reverse_lookup": found(cluster.pool_reverse_lookup),
    "list": newest_list,
    "cluster_stats": cluster.get_cluster_stats,
    "addrs": cluster.get_addrs,
    "blocklist": getattr(cluster, "blocklist_add", None) or cluster.blacklist_add,
    "snap": with_pool(lambda io, name: io.create_snap(name)),
    "snap_rm": with_pool(lambda io, name: io.remove_snap(name)),
    "self": with_pool(lambda io: io.create_self_managed_snap()),
    "self_rm": with_pool(lambda io, snap: io.remove_self_managed_snap(snap)),
    "stats": with_pool(lambda io: io.get_stats()),
    "write": with_pool(lambda io, name, size: io.write_full(name, b"x" * size)),
}

for line in sys.stdin:
    request = json.loads(line)
    answer = {"errno": 0, "value": None}
    try:
        answer["value"] = DO[request["do"]](*request["args"])
    except rados.Error as e:
        answer["errno"] = abs(e.errno or 0) or {rados.ObjectNotFound: 2}.get(type(e), 5)
    print(json.dumps(answer), flush=True)
cluster.shutdown()
