"""What is stored and asked for: real conversations when they lie beside the checkout, else a made-up set of such sizes."""
import json
import os
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# How many different memories and queries are asked for again and again.
KEYS, QUERIES, LIMIT = 2000, 200, 10


def conversations():
    """Records as the wire protocol takes them, and where they are from."""
    path = Path(os.environ.get("MEMORYD_TEST_CONVERSATIONS", ROOT.parent / "shared/data/conversations.jsonl"))
    if path.is_file():
        with path.open() as lines:
            return [json.loads(line) for line in lines], "conversations"
    print(f"rivals: no {path}: made-up records of the same sizes stand in", file=sys.stderr)
    return generated(2760), "generated"


def generated(count):
    """Turns of two people's talk, 290 to 780 bytes each, the same in every run."""
    pick = random.Random(1)
    words = "the a to and of you we that it for support family garden paint travel music running together".split()
    records = []
    for n in range(count):
        session, turn = n // 60 + 1, n % 60 + 1
        conversation = n // 600 + 1
        speaker = f"Person{conversation}{'ab'[n % 2]}"
        text = " ".join(pick.choice(words) for _ in range(pick.randint(8, 60)))
        records.append({
            "id": f"conv{conversation}.D{session}-{turn}", "agentId": speaker.lower(),
            "timestamp": f"2023-{session % 12 + 1:02d}-{session // 12 + 1:02d}T13:{turn // 2:02d}:{turn % 2 * 30:02d}Z",
            "context": {"speaker": speaker, "text": text, "conversation": conversation, "session": session,
                        "turn": f"D{session}:{turn}"},
            "tags": sorted({"conversation", f"conv-{conversation}", f"session-{session}"}),
            "importance": min(10, 1 + len(text) // 40),
        })
    return records


class Dataset:
    """What is loaded, oldest first; the memories and queries asked for, with the answers that are right."""

    def __init__(self, copies):
        turns, self.source = conversations()
        self.records = [self.copy(turn, n) for n in range(copies) for turn in turns]
        self.records.sort(key=lambda record: (record["timestamp"], record["id"]))
        self.templates = turns
        pick = random.Random(2)
        self.keys = pick.sample(self.records, min(KEYS, len(self.records)))
        self.queries = self.choose(pick)

    @staticmethod
    def copy(turn, number):
        return turn if number == 0 else {
            **turn, "id": f"{turn['id']}.{number}", "agentId": f"{turn['agentId']}-{number}", "tags": list(turn["tags"])}

    def choose(self, pick):
        """Queries by agent, one of its tags and a least importance, each with the ids of its newest memories."""
        queries, by_agent = {}, {}
        for record in self.records:
            by_agent.setdefault(record["agentId"], []).append(record)
        while len(queries) < QUERIES:
            record = pick.choice(self.records)
            query = (record["agentId"], pick.choice(record["tags"]), pick.randint(1, record["importance"]))
            found = [other["id"] for other in reversed(by_agent[query[0]])
                     if query[1] in other["tags"] and other["importance"] >= query[2]]
            queries[query] = found[:LIMIT]
        return list(queries.items())

    def share(self, worker, workers):
        """The records that one of several workers loads: whole agents, so that each agent's come in order."""
        agents = sorted({record["agentId"] for record in self.records})
        mine = set(agents[worker::workers])
        return [record for record in self.records if record["agentId"] in mine]

    def fresh(self, worker, serial):
        """A record that is not there yet, of an agent that nothing else is asked about."""
        turn = self.templates[(worker * 7919 + serial) % len(self.templates)]
        return {**turn, "id": f"put-{worker}-{serial}", "agentId": f"writer-{worker}"}
