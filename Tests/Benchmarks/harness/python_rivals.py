"""Runs python/rivals.py: our Python client, LangGraph's PostgresStore, and a cache-aside by hand, from several processes."""
import json
import os
import subprocess


def measure(session):
    """What rivals.py found, or None without a Python that has its packages."""
    chosen = session.chosen
    if not os.path.exists(chosen.python):
        session.say(f"python: no {chosen.python}, so no Python rivals; `make bench-venv` makes it")
        return None
    session.say("python: 8 processes against PostgresStore and a cache-aside by hand")
    sizes = ["--seconds", "1", "--rounds", str(chosen.rounds)]
    if chosen.quick:
        sizes = ["--seconds", "0.3", "--rounds", "2", "--copies", "1", "--contenders", "ours,postgresStore"]
    servers = session.servers
    result = subprocess.run(
        [chosen.python, f"{chosen.here}/python/rivals.py", "--brain", servers.socket, "--redis", servers.redis_socket,
         "--postgres", f"host={servers.pg_dir} user=postgres dbname=brain", *sizes],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    if result.returncode:
        session.say(f"python: FAILED: {result.stderr[-2000:]}")
        return None
    return json.loads(result.stdout)


def lines(found):
    """Lines of the table (what, clients, ours, rival, ratio, goal, met, p50, p99, client's CPU, rival's name)."""
    for operation, result in found["operations"].items():
        ours = result["ours"]
        for name, ratio in result["ratios"].items():
            other = result[name]
            # Against what is written by hand for the purpose there is no goal; it shows what is possible.
            goal = result["goal"] if name == "postgresStore" else None
            yield {
                "what": f"Python: {operation}", "clients": found["processes"], "ours": ours["opsPerSecond"],
                "rival": other["opsPerSecond"], "ratio": ratio, "goal": goal, "met": None if goal is None else ratio >= goal,
                "p50": (1000 * ours["p50Ms"], 1000 * other["p50Ms"]), "p99": (1000 * ours["p99Ms"], 1000 * other["p99Ms"]),
                "cpu": (ours["clientCpuMicroseconds"], other["clientCpuMicroseconds"]), "rivalName": name}
