"""How operations, upkeep and restores grow with the number of memories."""
import os
import subprocess
import sys
import time

from memory_client import Client

from . import load, ours, requests, servers, table

# What, whose requests, how many clients, and whether each is asked once, from the cache, or neither.
OPERATIONS = (
    ("get, uncached", "get-cold", 1, {"once": True}),
    ("query agent + tag + importance, uncached", "query-cold", 1, {"once": True}),
    ("the same, cached", "query-cached", 1, {"cached": True}),
    ("tag query, uncached", "tag-query-cold", 1, {"once": True}),
    ("complex query, uncached", "complex-query-cold", 1, {"once": True}),
    ("getStats", "stats", 1, {}),
    ("store", "store-record", 1, {}),
    ("store, 16 clients", "store-record", 16, {}),
)
CHANGES = 10_000


class Growth:
    """Fills one store up to each size in turn, and measures there."""

    def __init__(self, chosen):
        self.chosen, self.began = chosen, time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def run(self):
        with servers.Servers(self.chosen.bin) as self.servers:
            self._allow_backups()
            self.store = load.Store(self.servers)
            self.ours = ours.Ours(self.servers, None, self.chosen.load)
            results = {"version": Client(self.servers.socket).call("getHealth")["version"], "records": self.store.source,
                       "agents": load.AGENTS, "seconds": self.chosen.seconds, "sizes": {}}
            for size in self.chosen.sizes:
                results["sizes"][str(size)] = self._at(size)
            results["took"] = time.monotonic() - self.began
            return results

    def _at(self, size):
        self.say(f"{size:,} memories: loading")
        self._with_empty_caches(lambda: self.store.grow(size))
        self.say(f"{size:,} memories: operations")
        found = {"operations": {}, "upkeep": self._refreshes()}
        self.ours.begin_anew(requests.Requests(self.store, self.servers.dir))
        for what, name, clients, options in OPERATIONS:
            if options.get("cached"):
                self.ours.run(name, clients=4, seconds=10, warm=0, count=3000)
            measure = self.ours.run(name, clients=clients, seconds=self.chosen.seconds, **options)
            found["operations"][what] = {key: measure[key] for key in ("rate", "p50", "p99", "daemonCpu", "serverCpu")}
        self.say(f"{size:,} memories: upkeep")
        found["upkeep"] |= self._upkeep(size)
        if not self.chosen.no_restore:
            found["upkeep"] |= self._restore()
        found["databaseBytes"] = int(self.servers.sql("SELECT pg_database_size('brain')"))
        return found

    def _with_empty_caches(self, body):
        self.servers.stop_daemon()
        self.servers.redis_call(("FLUSHALL",))
        body()
        self.servers.start_daemon()

    def _refreshes(self):
        """A refresh that reads all memories, as the first after a load by SQL or a crash of PostgreSQL does."""
        full = self._timed("worker", "run", "stats-refresh")
        self.store.tidy()
        return {"statistics anew": full}

    def _upkeep(self, size):
        self.servers.ctl("worker", "run", "stats-refresh")
        self.store.tidy()
        self.servers.sql(
            f"""INSERT INTO brain_memories (id, agent_id, "timestamp", context, tags, importance, expires_at)
            SELECT 'x{size}-' || g.n, 'agent-' || lpad((g.n % 1000)::text, 4, '0'), now(), r.context, r.tags, r.importance,
                now() - interval '1 second'
            FROM generate_series(1, {CHANGES}) AS g (n) JOIN bench_records AS r ON r.n = g.n % {len(self.store.records)}""")
        refresh = self._timed("worker", "run", "stats-refresh")
        cleanup = self._timed("worker", "run", "expiry-cleanup")
        left = self.servers.sql("SELECT count(*) FROM brain_memories WHERE expires_at < now()")
        if left != "0":
            raise SystemExit(f"{left} expired memories were left behind")
        return {f"statistics after {CHANGES:,} changes": refresh, f"cleanup of {CHANGES:,} expired": cleanup}

    def _allow_backups(self):
        """Backups are made when asked for, into a folder beside."""
        self.backups = f"{self.servers.dir}/backups"
        os.mkdir(self.backups)
        self.servers.more_environment = {"BRAIN_BACKUPS_DIRECTORY": self.backups, "BRAIN_BACKUPS_DUMP": "off",
                                         "BRAIN_BACKUPS_DUMP_AFTER_WRITES": "0", "BRAIN_BACKUPS_VERIFY": "off",
                                         "BRAIN_BACKUPS_DRILL": "off"}

    def _restore(self):
        """A dump, and its restore into an empty database beside; the daemon checks both."""
        self.say("dump and restore")
        dump = self._timed("backup", "now")
        self.servers.sql("CREATE DATABASE restored", database="postgres")
        url = f"host={self.servers.pg_dir} user=postgres dbname=restored"
        begin = time.monotonic()
        result = subprocess.run([f"{self.servers.bin_dir}/brain-memoryd", "restore", "--backups", self.backups, "--into-url", url],
                                env=self.servers.environment(), capture_output=True, text=True)
        seconds = time.monotonic() - begin
        if result.returncode:
            raise SystemExit(f"restore: {result.stderr}")
        counts = [self.servers.sql("SELECT count(*) FROM brain_memories", database=name) for name in ("brain", "restored")]
        if counts[0] != counts[1]:
            raise SystemExit(f"restored {counts[1]} of {counts[0]} memories")
        self.servers.sql("DROP DATABASE restored", database="postgres")
        return {"dump": dump, "restore of the dump": seconds}

    def _timed(self, *arguments):
        begin = time.monotonic()
        self.servers.ctl(*arguments)
        return time.monotonic() - begin


def print_table(results):
    """Operations in microseconds, upkeep in seconds; a column a size."""
    sizes = results["sizes"]
    print(f"brain-memoryd {results['version']}, {results['agents']:,} agents, records like {results['records']}; "
          f"took {results['took']:.0f} s")
    head = ["p50 / p99 µs", *(f"{int(size):,}" for size in sizes)]
    pair = lambda found: f"{table.number(found['p50'])} / {table.number(found['p99'])}"
    lines = [[what, *(pair(found["operations"][what]) for found in sizes.values())]
             for what in next(iter(sizes.values()))["operations"]]
    table.print_lines([head, *lines])
    print()
    names = list(next(iter(sizes.values()))["upkeep"])
    lines = [[what, *(table.number(found["upkeep"][what]) for found in sizes.values())] for what in names]
    lines.append(["size of the database, MiB", *(table.number(found["databaseBytes"] / 2**20) for found in sizes.values())])
    table.print_lines([["seconds", *head[1:]], *lines])
