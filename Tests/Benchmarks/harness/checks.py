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
            self.results["growth"] = {"small": SMALL, "large": session.store.size, "smallP50": self.small,
                                      "largeP50": large, "ratio": large / self.small, "atMost": 1.2}
        if session.wants("floor"):
            session.say("floor: the mission's own table")
            session.store.refresh_statistics()
            self.results["floor"] = [self._floor(*line) for line in FLOOR]
        if session.wants("overload"):
            self.results["overload"] = overload.measure(session)

    def _query_latency(self):
        """The median of rounds' p50, of one client: how long a query takes, not how long it waits for others."""
        run = lambda: self.session.ours.run("query-cold", seconds=max(0.5, self.session.seconds / 2), once=True)["p50"]
        return statistics.median(run() for _ in range(self.session.chosen.rounds))

    def _floor(self, what, name, options, milliseconds):
        if options.get("cached"):
            self.session.warm(name)
        measure = self.session.ours.run(name, seconds=min(1, self.session.seconds), **options)
        return {"what": what, "p50": measure["p50"] / 1000, "p99": measure["p99"] / 1000, "atMost": milliseconds}
