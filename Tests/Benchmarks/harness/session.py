"""One run of the benchmark: servers, data, rounds, and what they add up to."""
import contextlib
import json
import os
import statistics
import sys
import time

from memory_client import Client

from . import checks, generator, load, ours, processes, requests, rivals, rows, servers, statements


class Session:
    """Measures all rows that are wanted."""

    def __init__(self, chosen):
        self.chosen, self.seconds, self.schema = chosen, chosen.seconds, chosen.schema
        self.only = [word for word in chosen.only.split(",") if word]
        self.memory = self.redis_keys = None
        self.began = time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def wants(self, key):
        return not self.only or any(key.startswith(word) for word in self.only)

    def wants_row(self, row):
        """Whether a row is measured: all of them, those that were asked for by name, or those of a quick run."""
        return self.wants(row.key) and not (self.chosen.quick and not self.only and row.is_left_out_quickly)

    def run(self):
        with servers.Servers(self.chosen.bin) as self.servers:
            self._prepare()
            every = rows.Rows(self).all()
            if self.chosen.list:
                print("\n".join([row.key for row in every] + list(checks.EXTRAS)))
                return None
            self.memory = processes.PeakMemory(self.servers.daemon.pid)
            results = {"version": self.version, "memories": self.chosen.size, "records": self.store.source,
                       "rounds": self.chosen.rounds, "seconds": self.seconds, "processors": os.cpu_count(), "rows": {}}
            results["localCacheBytes"] = int(self.servers.configured("cache.local_max_bytes", 0))
            results["idleBytes"] = self.memory.peak
            extras = checks.Checks(self, results)
            extras.before_growth()
            self.say(f"loading {self.chosen.size:,} memories")
            self.store.grow(self.chosen.size)
            for row in every:
                if self.wants_row(row):
                    results["rows"][row.key] = self._measure(row)
            extras.after_rows()
            results["generator"] = generator.measure(self)
            results["peakBytes"] = self.memory.stop()
            results["took"] = time.monotonic() - self.began
            return results

    def _prepare(self):
        self.store = load.Store(self.servers)
        self.requests = requests.Requests(self.store, self.servers.dir)
        self.ours = ours.Ours(self.servers, self.requests, self.chosen.load)
        self.rivals = rivals.Rivals(self.servers)
        self.statements = statements.Statements(self.store, self.requests.typical)
        self.client = Client(self.servers.socket)
        self.version = self.client.call("getHealth")["version"]

    def _measure(self, row):
        self.say(f"{row.key}: {row.what}, {row.clients} clients")
        mine, other, ratios, failure = [], [], [], None
        self.memory.begin()
        try:
            with self._placed(row.placement):
                row.prepare()
                for _ in range(self.chosen.rounds):
                    mine.append(self._with_mean(row, row.ours()))
                    if row.rival:
                        other.append(self._with_mean(row, row.rival()))
                        ratios.append(mine[-1][row.measure] / other[-1][row.measure])
        except ours.Failed as reason:
            failure = str(reason)
            self.say(f"FAILED: {failure}")
        return {"what": row.what, "clients": row.clients, "measure": row.measure, "rivalName": row.rival_name,
                "atLeast": row.at_least, "atMost": row.at_most, "ours": median(mine), "rival": median(other),
                # Of the rounds' ratios, since what disturbs a machine disturbs both of a round.
                "ratio": statistics.median(ratios) if ratios else None, "ratios": ratios, "failure": failure,
                "peakBytes": self.memory.recent}

    @staticmethod
    def _with_mean(row, measure):
        """Adds how long each of so many clients waits for an answer on average, in µs, when one follows the other."""
        return measure | {"mean": 1e6 * row.clients / measure["rate"]}

    @contextlib.contextmanager
    def _placed(self, placement):
        """Has clients, daemon and Redis on one processor, or clients apart from the others, meanwhile."""
        if placement is None:
            yield
            return
        every = sorted(os.sched_getaffinity(0))
        clients = {every[-1]}
        servers = clients if placement == "one" else set(every[:-1] or every)
        pids = [self.servers.daemon.pid, self.servers.redis.pid]
        processes.run_on(pids, servers)
        # Neither reads from PostgreSQL here. It must not share a processor with two that wake each other without end: Linux
        # lets it wait for hundreds of milliseconds then, and the daemon keeps off a cache of which it is not told in time who
        # else writes.
        postgres = [self.servers.postmaster, *processes.children(self.servers.postmaster)]
        processes.run_on(postgres, set(every[:-1] or every))
        os.sched_setaffinity(0, clients)
        time.sleep(1)
        processes.wait_for("the cache", lambda: self.client.call("getHealth")["cache"]["status"] == "ok")
        try:
            yield
        finally:
            os.sched_setaffinity(0, every)
            processes.run_on(pids + postgres, every)

    def warm(self, name):
        """Reads everything that a file asks for, so that it is in the caches."""
        self.ours.run(name, clients=4, seconds=10, warm=0, once=False, count=3000)

    def fill_caches(self):
        """Has the cache hold each real record, and Redis the same bytes for redis-benchmark."""
        self.warm("get-cached")
        if self.redis_keys is None:
            values = []
            for number in range(len(self.store.records)):
                memory = self.client.call("get", id=f"c{number:012}")["memory"]
                values.append(json.dumps(memory, separators=(",", ":"), ensure_ascii=False).encode())
            self.servers.redis_call(*[("SET", f"bench:{number:012}", value) for number, value in enumerate(values)])
            self.redis_keys = len(values)


def median(measures):
    """The median of each figure of several measurements."""
    if not measures:
        return None
    names = [name for name, value in measures[0].items() if isinstance(value, (int, float))]
    return {name: statistics.median(measure[name] for measure in measures) for name in names}
