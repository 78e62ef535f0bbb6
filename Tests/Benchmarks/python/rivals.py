#!/usr/bin/env python3
"""Times the daemon against what a Python program would use instead, from as many processes each, over Unix sockets, in turn.

    rivals.py --brain SOCKET --postgres DSN --redis SOCKET [--processes 8] [--rounds 5] [--seconds 1] [--copies 4]

The rivals keep their tables in schemas of their own of the same PostgreSQL, and Redis keys named rival:*. Prints one line of
JSON, and a table on standard error. Fails when an answer is wrong. What it writes stays there: use it on servers of its own,
as `rivals.sh` starts them."""
import argparse
import json
import os
import statistics
import sys
from importlib.metadata import version

from contenders import CONTENDERS, settle
from crew import Crew
from dataset import Dataset

GOALS = {"put": 2.5, "get": 8, "search": 8}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, variable in (("brain", "BRAIN_SOCKET"), ("postgres", "RIVALS_POSTGRES"), ("redis", "RIVALS_REDIS")):
        value = os.environ.get(variable)
        parser.add_argument("--" + name, default=value, required=value is None, help=f"or {variable}")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--copies", type=int, default=4, help="how many times the conversations are loaded")
    parser.add_argument("--operations", default="put,get,search")
    parser.add_argument("--contenders", default=",".join(CONTENDERS))
    return parser.parse_args()


class Tally:
    """What the rounds of one operation gave for one contender."""

    def __init__(self):
        self.rates, self.p50s, self.p99s, self.processor, self.calls = [], [], [], 0.0, 0

    def add(self, results, seconds):
        times = sorted(time for result in results for time in result[0])
        if not times:
            raise SystemExit("a round was too short for a single call")
        self.rates.append(len(times) / seconds)
        self.p50s.append(times[len(times) // 2] / 1e6)
        self.p99s.append(times[len(times) * 99 // 100] / 1e6)
        self.processor += sum(result[1] for result in results)
        self.calls += len(times)

    def summary(self):
        return {
            "opsPerSecond": round(statistics.median(self.rates), 1),
            "rounds": [round(rate, 1) for rate in self.rates],
            "p50Ms": round(statistics.median(self.p50s), 4), "p99Ms": round(statistics.median(self.p99s), 4),
            # What the client's own process took: the part of a call that is Python.
            "clientCpuMicroseconds": round(self.processor / self.calls * 1e6, 1),
        }


def measure(crews, operation, rounds, seconds):
    """Each contender in turn in each round, a different one first each time."""
    tallies = {crew.contender: Tally() for crew in crews}
    for crew in crews:
        crew.round(operation, min(seconds, 0.3))
    for number in range(rounds):
        first = number % len(crews)
        for crew in crews[first:] + crews[:first]:
            tallies[crew.contender].add(crew.round(operation, seconds), seconds)
    result = {name: tally.summary() for name, tally in tallies.items()}
    if "ours" in result:
        ours = result["ours"]["opsPerSecond"]
        result["ratios"] = {
            name: round(ours / one["opsPerSecond"], 2) for name, one in result.items() if name != "ours"}
    result["goal"] = GOALS[operation]
    return result


def table(operations):
    lines = ["operation  contender          ops/s   p50 ms   p99 ms  client CPU µs  ours is  goal"]
    for operation, result in operations.items():
        for name in (name for name in result if name in CONTENDERS):
            one = result[name]
            ratio = result.get("ratios", {}).get(name)
            goal = f"≥ {result['goal']} ×" if name == "postgresStore" else ""
            lines.append(
                f"{operation:9}  {name:14} {one['opsPerSecond']:9,.0f} {one['p50Ms']:8.3f} {one['p99Ms']:8.3f} "
                f"{one['clientCpuMicroseconds']:14.1f}  {f'{ratio:.2f} ×' if ratio else '':>7}  {goal}".rstrip())
    return "\n".join(lines)


def main():
    options = arguments()
    places = {"brain": options.brain, "postgres": options.postgres, "redis": options.redis}
    names, operations = options.contenders.split(","), options.operations.split(",")
    data = Dataset(options.copies)
    for name in names:
        settle(name, places)
    crews = [Crew(name, places, data, options.processes) for name in names]
    for crew in crews:
        crew.order("load")
    settle("statistics", places)
    results = {}
    for operation in operations:
        for crew in crews:
            crew.order("check")
        results[operation] = measure(crews, operation, options.rounds, options.seconds)
    for crew in crews:
        crew.order("check")
        crew.order("count_written")
        crew.dismiss()
    print(table(results), file=sys.stderr)
    packages = ("langgraph-checkpoint-postgres", "psycopg", "redis", "hiredis")
    print(json.dumps({
        "benchmark": "python", "processes": options.processes, "rounds": options.rounds, "seconds": options.seconds,
        "memories": len(data.records), "source": data.source, "python": sys.version.split()[0],
        "versions": {name: version(name) for name in packages}, "operations": results}))


if __name__ == "__main__":
    main()
