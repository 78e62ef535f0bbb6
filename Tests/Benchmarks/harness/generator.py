"""How much the load generator itself can do: against a responder that does nothing but answer the same."""
import json
import os
import subprocess

from . import data, processes


def measure(session):
    """Its rates, and what it costs a request, for the gets of the table."""
    record = session.store.records[0]
    socket = f"{session.servers.dir}/responder.sock"
    requests = f"{session.servers.dir}/responder.requests"
    with open(requests, "w") as file:
        file.write(f'get\t{data.compact({"id": record["id"]})}\t{data.fragment(record)}\n')
    result = data.compact({"memory": record, "servedFrom": "cache"})
    responder = subprocess.Popen([session.chosen.load, "--socket", socket, "--respond", result])
    try:
        processes.wait_for("the responder", lambda: os.path.exists(socket), alive=responder)
        return {name: _run(session, socket, requests, *options) for name, options in
                (("8 clients", ("--clients", "8")), ("8 clients, 16 deep", ("--clients", "8", "--depth", "16")))}
    finally:
        responder.terminate()
        responder.wait()


def _run(session, socket, requests, *options):
    output = subprocess.check_output([session.chosen.load, "--socket", socket, "--requests", requests, "--seconds", "0.5",
                                      "--warm", "0.1", "--same-answer", *options], text=True)
    measure = json.loads(output)
    return {"rate": measure["rate"], "cpu": 1e6 * measure["cpu"] / measure["operations"]}
