#!/usr/bin/env python3
"""How often the cache answers agents that re-read what matters to them: hit-rate.py SOCKET [READS]

Eight agents with 250 memories each. Each step an agent reads: nine times of ten one of its memories, otherwise its ten
newest with a tag; which one follows Zipf's law (the memory of rank r is read 1/r as often as the first). One step of
twenty stores a memory anew instead. The daemon counts.
"""
import itertools
import json
import random
import socket
import struct
import sys

AGENTS, MEMORIES, TAGS = 8, 250, 12


class Brain:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")

    def call(self, method, **params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        self.socket.sendall(struct.pack(">I", len(body)) + body)
        (length,) = struct.unpack(">I", self.stream.read(4))
        answer = json.loads(self.stream.read(length))
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']['message']}")
        return answer["result"]


def record(agent, number):
    return {
        "id": f"agent{agent}-{number}",
        "agentId": f"agent{agent}",
        "tags": [f"topic{number % TAGS}"],
        "context": {"text": f"what agent {agent} learned, number {number}"},
    }


def main():
    reads = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    brain = Brain(sys.argv[1])
    for agent in range(AGENTS):
        brain.call("storeBatch", records=[record(agent, number) for number in range(MEMORIES)])
    dice = random.Random(1)
    of_memories = list(itertools.accumulate(1 / rank for rank in range(1, MEMORIES + 1)))
    of_tags = list(itertools.accumulate(1 / rank for rank in range(1, TAGS + 1)))
    done = writes = 0
    served = {"cache": 0, "store": 0}
    while done < reads:
        agent = dice.randrange(AGENTS)
        number = dice.choices(range(MEMORIES), cum_weights=of_memories)[0]
        if dice.random() < 0.05:
            brain.call("store", record=record(agent, number))
            writes += 1
            continue
        if dice.random() < 0.9:
            answer = brain.call("get", id=f"agent{agent}-{number}")
        else:
            tag = dice.choices(range(TAGS), cum_weights=of_tags)[0]
            answer = brain.call("query", agentId=f"agent{agent}", tags=[f"topic{tag}"], limit=10)
        served[answer["servedFrom"]] += 1
        done += 1
    print(f"{reads} reads, {writes} writes: {100 * served['cache'] / reads:.1f} % of the reads were answered by the cache")


main()
