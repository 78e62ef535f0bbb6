#!/usr/bin/env python3
"""SOCKET SECONDS: stores and queries from 8 processes for so long; prints the p99 of their calls, and how many failed."""
import multiprocessing
import random
import sys
import time

from memory_client import Client

CLIENTS = 8


def load(path, seconds, number, results):
    client = Client(path)
    times, failed = [], 0
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        count += 1
        agent = f"load{random.randrange(20)}"
        begin = time.monotonic()
        try:
            if count % 2:
                record = {"id": f"load-{number}-{count}", "agentId": agent, "context": {"n": count}, "tags": ["load"]}
                client.call("store", record=record)
            else:
                client.call("query", agentId=agent, tags=["load"], limit=10)
        except RuntimeError:
            failed += 1
        times.append(time.monotonic() - begin)
        # A client that thinks: what is asked is whether it waits longer, not how much fits in.
        time.sleep(0.005)
    results.put((times, failed))


def main():
    path, seconds = sys.argv[1], float(sys.argv[2])
    results = multiprocessing.Queue()
    clients = [
        multiprocessing.Process(target=load, args=(path, seconds, number, results)) for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    gathered = [results.get() for _ in clients]
    for client in clients:
        client.join()
    times = sorted(time for part, _ in gathered for time in part)
    failed = sum(count for _, count in gathered)
    print(f"{times[len(times) * 99 // 100] * 1000:.2f} {len(times)} {failed}")


main()
