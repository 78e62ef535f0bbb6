#!/usr/bin/env python3
"""SOCKET [ROUNDS [SECONDS [LIMIT [KINDS]]]]: what a user's calls cost it while another user floods the daemon, in turn with what
they cost it alone. Prints each round's p99s; fails when the median of the rounds' p99 grows to more than LIMIT (2) times
what it is alone. Needs root: the two are different users. Ends early when the ratio is clearly good."""
import json
import multiprocessing
import os
import random
import selectors
import socket
import statistics
import struct
import sys
import time

from memory_client import Client

CALLER, FLOODER = 61001, 61002
CONNECTIONS = 48
PROCESSES = 2
THINK = 0.002


def become(uid):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def frame(number, method, params, **more):
    text = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params, **more}).encode()
    return struct.pack(">I", len(text)) + text


def record(name, size, **more):
    return {"id": name, "agentId": f"flood{random.randrange(50)}", "context": {"text": "x" * size},
            "tags": ["flood", f"t{random.randrange(20)}"], **more}


def blob(kind):
    """Some hundreds of kilobytes of requests of one kind, to be sent again and again."""
    pick = random.randrange
    if kind == "store":
        return b"".join(frame(n, "store", {"record": record(f"f{pick(5000)}", 100)}) for n in range(1000))
    if kind == "get":
        return b"".join(frame(n, "get", {"id": f"f{pick(5000)}"}) for n in range(2000))
    if kind == "query":
        return b"".join(frame(n, "query", {"tags": [f"t{pick(20)}"], "limit": 100}) for n in range(1000))
    if kind == "large-query":
        return b"".join(frame(n, "query", {"agentId": f"flood{pick(50)}", "limit": 1000}) for n in range(100))
    if kind == "insights":
        return b"".join(frame(n, "getCrossAgentInsights", {"limit": 1000}) for n in range(100))
    if kind == "large-store":
        return frame(1, "store", {"record": record(f"large{pick(20)}", 1000000)})
    if kind == "batch":
        return frame(1, "storeBatch", {"records": [record(f"b{pick(10)}-{n}", 1000) for n in range(1000)]})
    if kind == "ping":
        return b"".join(frame(n, "ping", {}) for n in range(4000))
    if kind == "health":
        return b"".join(frame(n, "getHealth", {}) for n in range(4000))
    if kind == "faulty":
        return bytes(4) * 20000 + (struct.pack(">I", 12) + b'{"jsonrpc":1') * 10000
    raise ValueError(kind)


KINDS = ["store", "get", "query", "large-query", "insights", "large-store", "batch", "ping", "health", "faulty", "connect"]


class Flood:
    """Connections that send without waiting for anything, and read what comes."""

    def __init__(self, path, kinds, count):
        self.path = path
        self.blobs = {kind: [blob(kind) for _ in range(3)] for kind in kinds if kind != "connect"}
        self.plan = [kinds[number % len(kinds)] for number in range(count)]
        self.connects = self.plan.count("connect")
        self.plan = [kind for kind in self.plan if kind != "connect"]
        self.sent = 0

    def open(self, kind):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(10)
        connection.connect(self.path)
        connection.setblocking(False)
        return [connection, kind, random.choice(self.blobs[kind]), 0]

    def run(self, is_on):
        selector = selectors.DefaultSelector()
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        for kind in self.plan:
            state = self.open(kind)
            selector.register(state[0], both, state)
        while is_on():
            for _ in range(self.connects):
                self.connect()
            for key, events in selector.select(0.002 if self.connects else 0.1):
                state = key.data
                try:
                    if events & selectors.EVENT_READ and not state[0].recv(262144):
                        raise ConnectionError
                    if events & selectors.EVENT_WRITE:
                        state[3] += state[0].send(memoryview(state[2])[state[3]:state[3] + 262144])
                        if state[3] == len(state[2]):
                            self.sent += 1
                            state[2], state[3] = random.choice(self.blobs[state[1]]), 0
                except BlockingIOError:
                    pass
                except OSError:
                    selector.unregister(state[0])
                    state[0].close()
                    state = self.open(state[1])
                    selector.register(state[0], both, state)
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        selector.close()

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(self.path)
            connection.send(frame(1, "ping", {}))
        except OSError:
            pass
        connection.close()


def flood(path, kinds, count, commands, done):
    become(FLOODER)
    crowd = Flood(path, kinds, count)
    done.put(0)
    while commands.recv():
        crowd.run(lambda: not commands.poll())
        commands.recv()
        done.put(crowd.sent)


def call(client, number):
    agent = f"caller{number % 5}"
    step = number % 3
    if step == 0:
        client.call("store", record={"id": f"c{number % 300}", "agentId": agent, "context": {"n": number}, "tags": ["c"]})
    elif step == 1:
        client.call("get", id=f"c{random.randrange(300)}")
    else:
        client.call("query", agentId=agent, tags=["c"], limit=10)


def measure(path, seconds, results):
    become(CALLER)
    client = Client(path)
    times, worst = [], 0
    number = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        call(client, number)
        times.append((time.monotonic() - begin) * 1000)
        number += 1
        time.sleep(THINK)
    times.sort()
    results.put((times[len(times) // 2], times[len(times) * 99 // 100], times[-1], len(times)))


def apart(path, seconds):
    results = multiprocessing.Queue()
    process = multiprocessing.Process(target=measure, args=(path, seconds, results))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"a call of the other user failed (exit {process.exitcode})")
    return results.get()


def drained(path):
    """Waits until what the flooder left behind is done: its own requests are served in turn."""
    def wait():
        become(FLOODER)
        client = Client(path)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                client.call("count", agentId="nobody")
                return
            except RuntimeError:
                time.sleep(0.1)
    process = multiprocessing.Process(target=wait)
    process.start()
    process.join()


def main():
    path = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 4
    limit = float(sys.argv[4]) if len(sys.argv) > 4 else 2
    kinds = sys.argv[5].split(",") if len(sys.argv) > 5 else KINDS
    if os.geteuid():
        raise SystemExit("needs root, to be two different users")
    done = multiprocessing.Queue()
    flooders = []
    for _ in range(PROCESSES):
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(
            target=flood, args=(path, kinds, CONNECTIONS // PROCESSES, there, done), daemon=True)
        process.start()
        flooders.append(here)
    for _ in flooders:
        done.get()
    apart(path, 1)
    alone, flooded = [], []
    for number in range(1, rounds + 1):
        base = apart(path, seconds)
        for command in flooders:
            command.send(True)
        time.sleep(1)
        beside = apart(path, seconds)
        for command in flooders:
            command.send(True)
        for _ in flooders:
            done.get(timeout=120)
        drained(path)
        alone.append(base[1])
        flooded.append(beside[1])
        print("round %d: alone p50 %.2f p99 %.2f max %.1f ms of %d; flooded p50 %.2f p99 %.2f max %.1f ms of %d" % (
            number, *base, *beside), flush=True)
        ratio = statistics.median(flooded) / statistics.median(alone)
        if number >= 3 and number % 2 and ratio < 0.8 * limit:
            break
    print("median p99 alone %.2f ms, flooded %.2f ms: ratio %.2f" % (
        statistics.median(alone), statistics.median(flooded), ratio))
    for command in flooders:
        command.send(False)
    raise SystemExit(0 if ratio <= limit else 1)


if __name__ == "__main__":
    main()
