#!/usr/bin/env python3
"""write SOCKET FILE: stores memories until the store fails, noting each that was acknowledged, and when.
check SOCKET FILE: counts those that are not there any longer, and over which time they had been acknowledged."""
import sys
import threading
import time

from memory_client import Client

WRITERS = 8


def write(path, notes):
    def run(writer):
        client = Client(path)
        try:
            for number in range(10**9):
                name = f"w{writer}-{number}"
                client.call("store", record={"id": name, "agentId": "drill", "context": {"number": number}})
                lines.append(f"{time.time():.6f} {name}\n")
        except (OSError, RuntimeError):
            pass

    lines = []
    threads = [threading.Thread(target=run, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(notes, "w", encoding="ascii") as file:
        file.writelines(lines)


def check(path, notes):
    with open(notes, encoding="ascii") as file:
        written = [(float(line.split()[0]), line.split()[1]) for line in file]
    client = Client(path)
    lost = []
    for start in range(0, len(written), 1000):
        part = written[start:start + 1000]
        found = client.call("getBatch", ids=[name for _, name in part])["memories"]
        lost += [moment for (moment, _), memory in zip(part, found) if memory is None]
    last = max(moment for moment, _ in written)
    span = last - min(lost) if lost else 0.0
    print(f"acknowledged {len(written)} lost {len(lost)} seconds {span:.3f}")


{"write": write, "check": check}[sys.argv[1]](*sys.argv[2:])
