"""What is no contest with a rival: growth with the number of memories, overload, the mission's floor, Python programs."""
import statistics

from . import overload, python_rivals

EXTRAS = ("query-growth", "overload", "floor", "python")
SMALL = 10_000

# The mission's own table: what, which requests, how, milliseconds that it may take.
FLOOR = (
    ("single store", "store-record", {}, 15),
    ("query, agent + tag + importance", "query-cold", {"once": True}, 5),
    ("the same, cached", "query-cached", {"cached": True}, 0.5),
    ("batch of 100", "store-batch", {}, 500),
    ("complex query", "complex-query-cold", {"once": True}, 15),
    ("the same, cached", "complex-query-cached", {"cached": True}, 2),
    ("tag query", "tag-query-cold", {"once": True}, 10),
    ("the same, cached", "tag-query-cached", {"cached": True}, 2),
    ("agent statistics", "fresh-stats", {}, 20),
    ("the same, stored", "stats", {}, 5),
)


class Checks:
    """Measures them, into the results."""

    def __init__(self, session, results):
        self.session, self.results = session, results
        self.small = None

    def before_growth(self):
        """What is measured while there are few memories: Python's rivals hold no more than they load themselves."""
        session = self.session
        if session.wants("python") and (session.only or not session.chosen.quick):
            self.results["python"] = python_rivals.measure(session)
        if session.wants("query-growth"):
            session.store.grow(SMALL)
            session.say(f"query-growth: uncached queries at {SMALL:,} memories")
            self.small = self._query_latency()

    def after_rows(self):
        session = self.session
        if session.wants("query-growth"):
            session.say(f"query-growth: uncached queries at {session.store.size:,} memories")
            large = self._query_latency()
            # Minutes lie between the two, in which the machine may have become another one: both are compared in round trips
            # to PostgreSQL of their time.
            times = [latency / round_trip for latency, round_trip in (self.small, large)]
            self.results["growth"] = {"small": SMALL, "large": session.store.size, "smallP50": self.small[0],
                                      "largeP50": large[0], "smallRoundTrip": self.small[1], "largeRoundTrip": large[1],
                                      "ratio": times[1] / times[0], "atMost": 1.2}
        if session.wants("floor"):
            session.say("floor: the mission's own table")
            session.store.refresh_statistics()
            self.results["floor"] = [self._floor(*line) for line in FLOOR]
        if session.wants("overload"):
            self.results["overload"] = overload.measure(session)

    def _query_latency(self):
        """The medians of rounds' p50, of one client: how long a query takes, not how long it waits for others; and how long a
        round trip to PostgreSQL takes at the time."""
        seconds = max(0.5, self.session.seconds / 2)
        rounds = [(self.session.ours.run("query-growth", seconds=seconds, once=True)["p50"],
                   self.session.rivals.pgbench(scripts=["SELECT 1;\n"], clients=1, seconds=seconds / 2)["p50"])
                  for _ in range(self.session.chosen.rounds)]
        return tuple(statistics.median(column) for column in zip(*rounds))

    def _floor(self, what, name, options, milliseconds):
        if options.get("cached"):
            self.session.warm(name)
        measure = self.session.ours.run(name, seconds=min(1, self.session.seconds), **options)
        return {"what": what, "p50": measure["p50"] / 1000, "p99": measure["p99"] / 1000, "atMost": milliseconds}
