"""The rows of the table: what is measured, against whom, and the goal."""
from dataclasses import dataclass
from typing import Callable, Optional


@dataclass
class Row:
    """One line of the table. `ours` and `rival` each make one measurement."""

    key: str
    what: str
    clients: int
    ours: Callable[[], dict]
    rival: Optional[Callable[[], dict]]
    rival_name: str
    # What is compared: rate (more is better), p50 or mean in µs (less is better), or a field of ours alone.
    measure: str = "rate"
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    # Called once before the first round.
    prepare: Callable[[], None] = lambda: None
    # Where clients and servers run: "one" processor together, or on "two" apart. None: wherever the kernel puts them.
    # A lone client's round trip takes ten times as long when each waking crosses processors, and that is the kernel's
    # choice, another one in each run: only with it fixed are two programs measured by the same yardstick.
    placement: Optional[str] = None
    # Whether it is left out of a quick run, in which others say about the same.
    is_left_out_quickly: bool = False


class Rows:
    """All rows that a run can measure, in their order."""

    def __init__(self, bench):
        self.bench, self.ours, self.rivals = bench, bench.ours, bench.rivals

    def all(self):
        return [*self._stores(), *self._cached_gets(), *self._cold_reads(), *self._queries(), *self._vectors(), *self._others()]

    def _run(self, name, **options):
        return lambda: self.ours.run(name, seconds=self.bench.seconds, **options)

    def _pgbench(self, make, clients, seconds=None):
        return lambda: self.rivals.pgbench(**make(), clients=clients, seconds=seconds or self.bench.seconds)

    def _stores(self):
        insert = self.bench.statements.insert
        for clients, goal in ((16, 1.5), (64, 2.0)):
            yield Row(f"store-{clients}", "store", clients, self._run("store-record", clients=clients),
                      self._pgbench(insert, clients), "pgbench INSERT", at_least=goal)
        yield Row("store-1", "store, p50", 1, self._run("store-record"), self._pgbench(insert, 1), "pgbench INSERT",
                  measure="p50", at_most=1.25)
        for clients in (1, 2):
            yield Row(f"batch-{clients}", "storeBatch of 100", clients, self._run("store-batch", clients=clients),
                      self._pgbench(self.bench.statements.insert_batch, clients), "pgbench INSERT of 100 rows", at_least=1.0,
                      is_left_out_quickly=clients > 1)

    def _cached_gets(self):
        def redis(clients, depth=1):
            return lambda: self.rivals.redis_get(self.bench.redis_keys, clients=clients, depth=depth,
                                                 seconds=self.bench.seconds)
        fill = self.bench.fill_caches
        yield Row("get-cached-8", "get, cached", 8, self._run("get-cached", clients=8, cached=True), redis(8),
                  "redis-benchmark GET", at_least=1.2, prepare=fill)
        yield Row("get-cached-8x16", "get, cached, 16 deep", 8, self._run("get-cached", clients=8, depth=16, cached=True),
                  redis(8, 16), "redis-benchmark GET -P 16", at_least=0.25, prepare=fill)
        # redis-benchmark's percentiles are multiples of 8 µs, which is a round trip: of a lone client the mean is compared instead.
        yield Row("get-cached-1-any", "get, cached, mean", 1, self._run("get-cached", cached=True), redis(1),
                  "redis-benchmark GET", measure="mean", prepare=fill, is_left_out_quickly=True)
        for place in ("one", "two"):
            yield Row(f"get-cached-1-{place}", f"get, cached, mean, {place} CPU" + "s" * (place == "two"), 1,
                      self._run("get-cached", cached=True), redis(1), "redis-benchmark GET", measure="mean", at_most=1.2,
                      prepare=fill, placement=place)

    def _cold_reads(self):
        yield Row("get-cold-8", "get, uncached", 8, self._run("get-cold", clients=8, once=True),
                  self._pgbench(self.bench.statements.select, 8), "pgbench SELECT", at_least=0.8)

    def _queries(self):
        query = lambda: self.bench.statements.query(self.bench.schema)
        cold = self._run("query-cold", clients=8, once=True)
        # Planning the statement takes each of pgbench's connections a while; longer runs make up for it.
        yield Row("query-cold-8", "query, uncached", 8, cold, self._pgbench(query, 8, 2 * self.bench.seconds), "pgbench, same SQL", at_least=0.8)
        yield Row("query-cached-8", "query, cached", 8, self._run("query-cached", clients=8, cached=True), cold,
                  "ours, uncached", at_least=5, prepare=lambda: self.bench.warm("query-cached"))

    def _vectors(self):
        yield Row("vector-store-8", "store, 1,536 floats", 8, self._run("store-vector", clients=8),
                  self._run("store-string", clients=8), "ours, as a string", at_least=0.5)
        put = lambda: self.ours.run("put-vectors", seconds=0.3, warm=0)
        yield Row("vector-get-8", "get, 1,536 floats", 8, self._run("get-vector", clients=8, cached=True),
                  self._run("get-string", clients=8, cached=True), "ours, as a string", at_least=0.5,
                  prepare=lambda: (put(), self.bench.warm("get-vector"), self.bench.warm("get-string")))

    def _others(self):
        yield Row("ping-8", "ping", 8, self._run("ping", clients=8), None, "")
        yield Row("stats-1", "getStats, p50 µs", 1, self._run("stats"), None, "", measure="p50", at_most=2000,
                  prepare=self.bench.store.refresh_statistics)

