"""Registers a service daemon at the mgr through librados, and is it until its input ends."""
import sys

import rados

cluster = rados.Rados(conffile=sys.argv[1], name="client.admin")
cluster.connect()
cluster.service_daemon_register("greeter", "greeter.1", {"text": "<\"hello\" & ü>", "empty": ""})
print("registered", flush=True)
sys.stdin.read()
cluster.shutdown()
