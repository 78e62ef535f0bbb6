"""Processes that are started once, a crew for each contender, and take orders over pipes: only one crew works at a time."""
import multiprocessing
import os
import random
import time

from contenders import CONTENDERS

# Orders name an instant to begin at, so that a crew begins together.
HEAD_START = 0.03
# How many of the memories of each round are read back whole.
READ_BACK = 20


class WrongAnswer(Exception):
    pass


def same(got, right, asked):
    if got != right:
        raise WrongAnswer(f"{asked}: got {got!r}, not {right!r}")


class Worker:
    """One process: its connection, and what it has written."""

    def __init__(self, contender, places, data, number, count):
        self.use = CONTENDERS[contender](places)
        self.data, self.number, self.count = data, number, count
        self.written = 0
        pick = random.Random(number)
        self.gets = pick.sample([(r["id"], r["agentId"], r["context"]) for r in data.keys], len(data.keys))
        self.searches = pick.sample(data.queries, len(data.queries))
        self.turn = {"get": 0, "search": 0}

    def load(self):
        for record in self.data.share(self.number, self.count):
            self.use.put(record)

    def check(self):
        """Everything that will be asked for is asked for once, and must be right. It also warms every cache."""
        for key, agent, context in self.gets:
            same(self.use.get(key, agent), context, key)
        for query, ids in self.searches:
            same(self.use.search(*query), ids, query)

    def count_written(self):
        same(self.use.count(f"writer-{self.number}"), self.written, "the count of what was acknowledged")

    def run(self, operation, begin, seconds):
        """Latencies in nanoseconds of the calls until `seconds` after `begin`, and what they took of the processor."""
        time.sleep(max(0, begin - time.monotonic()))
        processor = time.process_time()
        times = getattr(self, operation)(time.monotonic_ns, int((begin + seconds) * 1e9))
        processor = time.process_time() - processor
        if operation == "put":
            self.read_back(len(times))
        return times, processor

    def put(self, clock, end):
        put, times = self.use.put, []
        while clock() < end:
            record = self.data.fresh(self.number, self.written)
            begin = clock()
            put(record)
            times.append(clock() - begin)
            self.written += 1
        return times

    def read_back(self, last):
        for _ in range(min(READ_BACK, last)):
            record = self.data.fresh(self.number, random.randrange(self.written - last, self.written))
            same(self.use.get(record["id"], record["agentId"]), record["context"], record["id"])

    def get(self, clock, end):
        get, items, n, times = self.use.get, self.gets, self.turn["get"], []
        while (begin := clock()) < end:
            key, agent, context = items[n % len(items)]
            got = get(key, agent)
            times.append(clock() - begin)
            if got != context:
                raise WrongAnswer(key)
            n += 1
        self.turn["get"] = n
        return times

    def search(self, clock, end):
        search, items, n, times = self.use.search, self.searches, self.turn["search"], []
        while (begin := clock()) < end:
            query, ids = items[n % len(items)]
            got = search(*query)
            times.append(clock() - begin)
            if got != ids:
                raise WrongAnswer(query)
            n += 1
        self.turn["search"] = n
        return times


def serve(pipe, *arguments):
    """A worker's process: carries out orders until None comes."""
    parent = os.getppid()
    worker = None
    try:
        worker = Worker(*arguments)
        pipe.send(("ready", None))
        while True:
            if not pipe.poll(5):
                if os.getppid() != parent:
                    return
                continue
            order = pipe.recv()
            if order is None:
                return
            pipe.send(("done", getattr(worker, order[0])(*order[1:])))
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))


class Crew:
    def __init__(self, contender, places, data, count):
        self.contender, self.pipes, self.processes = contender, [], []
        for number in range(count):
            here, there = multiprocessing.Pipe()
            process = multiprocessing.Process(
                target=serve, args=(there, contender, places, data, number, count), daemon=True)
            process.start()
            there.close()
            self.pipes.append(here)
            self.processes.append(process)
        self.answers(60)

    def answers(self, seconds):
        answers = []
        for pipe in self.pipes:
            if not pipe.poll(seconds):
                raise SystemExit(f"{self.contender}: a process did not answer within {seconds} s")
            try:
                word, answer = pipe.recv()
            except EOFError:
                raise SystemExit(f"{self.contender}: a process ended") from None
            if word == "failed":
                raise SystemExit(f"{self.contender}: {answer}")
            answers.append(answer)
        return answers

    def order(self, *order, seconds=300):
        for pipe in self.pipes:
            pipe.send(order)
        return self.answers(seconds)

    def round(self, operation, seconds):
        return self.order("run", operation, time.monotonic() + HEAD_START, seconds, seconds=seconds + 60)

    def dismiss(self):
        for pipe, process in zip(self.pipes, self.processes):
            try:
                pipe.send(None)
            except OSError:
                pass
            process.join(10)
