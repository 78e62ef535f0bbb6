"""What is remembered in a benchmark: real conversations where they are at hand, and records like them where not."""
import json
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = ("the we you a to and it of that was for in my on with this have be so really what time about think went day "
         "support group painting family kids love great thanks yesterday weekend hiking music book work feel idea").split()


def conversations():
    """Records of agents that no rival's program uses, and where they are from."""
    records, source = _conversations()
    return [record | {"agentId": "bench-" + record["agentId"]} for record in records], source


def _conversations():
    """Records, and where they are from. MEMORYD_TEST_CONVERSATIONS names a file of one JSON record a line."""
    names = [os.environ.get("MEMORYD_TEST_CONVERSATIONS", ""), os.path.join(HERE, "../../../../shared/data/conversations.jsonl")]
    for name in names:
        if name and os.path.exists(name):
            with open(name) as file:
                return [json.loads(line) for line in file], "conversations.jsonl"
    chance = random.Random(6)
    return [_made_up(chance, number) for number in range(2760)], "made-up records (no conversations.jsonl found)"


def _made_up(chance, number):
    text = " ".join(chance.choice(WORDS) for _ in range(max(4, int(chance.lognormvariate(3.0, 0.6)))))
    talk = chance.randrange(5)
    return {
        "id": f"made{number}", "agentId": f"speaker{2 * talk + number % 2}",
        "timestamp": f"2023-05-{1 + number % 28:02}T13:56:{number % 60:02}Z",
        "context": {"speaker": f"Speaker{number % 2}", "text": text, "conversation": talk, "session": 1 + number % 30,
                    "turn": f"D{number % 30}:{number}"},
        "tags": ["conversation", f"conv-{talk}", f"session-{number % 30}"], "importance": min(10, 1 + len(text) // 30),
    }


def typical(records, count=8):
    """Few records whose lengths are spread like those of all."""
    ordered = sorted(records, key=lambda record: len(json.dumps(record)))
    return [ordered[(2 * n + 1) * len(ordered) // (2 * count)] for n in range(count)]


def fragment(record):
    """Bytes that must stand in any JSON that has this record's text."""
    runs = re.findall(r"[A-Za-z0-9 ,.!?']+", record["context"]["text"])
    return max(runs, key=len, default="")


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def vector(chance):
    """1,536 numbers as they come from a model, in as few digits as float32 has."""
    return [float(f"{chance.gauss(0, 0.03):.7g}") for _ in range(1536)]


def write_records(path, records):
    """A file for COPY: number, record."""
    with open(path, "w") as file:
        for number, record in enumerate(records):
            text = compact(record).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
            file.write(f"{number}\t{text}\n")
