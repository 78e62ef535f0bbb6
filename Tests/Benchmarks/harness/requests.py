"""Writes the files of requests that brain-load sends: method, params, and what must be in the answer."""
import json
import random

from . import data, load

NUMBER = "@" * 12


class Requests:
    """The request files of one benchmark, made when first asked for."""

    def __init__(self, store, folder):
        self.store, self.folder, self._made = store, folder, {}
        self.typical = data.typical(store.records)

    def path(self, name):
        if name not in self._made:
            path = f"{self.folder}/{name}.requests"
            with open(path, "w") as file:
                for parts in getattr(self, name.replace("-", "_"))():
                    file.write("\t".join(part if isinstance(part, str) else data.compact(part) for part in parts) + "\n")
            self._made[name] = path
        return self._made[name]

    def ping(self):
        yield "ping", {}

    def stats(self):
        yield "getStats", {}, '"totalMemories":'

    def fresh_stats(self):
        yield "getStats", {"fresh": True}, '"totalMemories":'

    def store_record(self):
        for record in self.typical:
            yield ("store", {"record": record | {"id": "s" + NUMBER}}, f'"id":"s{NUMBER}"', '"created":true', '"version":1')

    def store_batch(self):
        records = [record | {"id": "s" + NUMBER} for record in self.store.records[:100]]
        yield "storeBatch", {"records": records}, f'"id":"s{NUMBER}"', '"created":true', '"version":1'

    def get_cached(self):
        for number, record in enumerate(self.store.records):
            name = f"c{number:012}"
            yield "get", {"id": name}, f'"id":"{name}"', data.fragment(record)

    def get_cold(self):
        """All over the table, each once."""
        for step in range(min(self.store.size, 400_000)):
            number = step * 48_271 % self.store.size
            name = f"u{number:012}"
            yield "get", {"id": name}, f'"id":"{name}"', data.fragment(self.store.records[number % len(self.store.records)])

    def query_cold(self):
        """Each asks for another beginning of time, so that no answer was ever cached, and all have the same memories."""
        for number in range(200_000):
            yield ("query", self._filters(number) | {"startDate": f"2000-01-01T00:00:00.{number:06}Z"},
                   f'"agentId":"{self._agent(number)}"', '"servedFrom":"store"')

    def query_growth(self):
        """As above, of the agent with a tenth of all memories. At the smallest size, too, it has more of each importance than
        a page holds, so that at each size there is as much to choose from; other agents have less there."""
        for number in range(50_000):
            filters = self._filters(number) | {"agentId": load.LARGEST_AGENT}
            yield "query", filters | {"startDate": f"2001-01-01T00:00:00.{number:06}Z"}, '"servedFrom":"store"'

    def query_cached(self):
        for number in range(load.LARGE_AGENTS):
            yield "query", self._filters(number), f'"agentId":"{self._agent(number)}"'

    def tag_query_cold(self):
        for number in range(50_000):
            yield ("query", {"tags": ["conversation"], "limit": 10, "startDate": f"2000-01-01T00:00:00.{number:06}Z"},
                   '"servedFrom":"store"')

    def tag_query_cached(self):
        for record in self.typical:
            yield "query", {"tags": [record["tags"][1]], "limit": 10}, '"memories":[{'

    def complex_query_cold(self):
        """Everything that can be asked for at once: two tags of which any will do, a span of time, importance."""
        for number in range(50_000):
            yield "query", self._complex(number) | {"startDate": f"2000-01-01T00:00:00.{number:06}Z"}, '"servedFrom":"store"'

    def complex_query_cached(self):
        for number in range(load.LARGE_AGENTS):
            yield "query", self._complex(number) | {"startDate": "2000-01-01"}, '"memories":[{'

    def _complex(self, number):
        tags = self.typical[number % len(self.typical)]["tags"][1:3]
        return {"agentId": self._agent(number), "tags": tags, "tagMode": "any", "minImportance": 2,
                "endDate": "2033-01-01", "limit": 50}

    @staticmethod
    def _agent(number):
        return f"agent-{number % load.LARGE_AGENTS:04}"

    def _filters(self, number):
        return {"agentId": self._agent(number), "tags": ["conversation"], "minImportance": 3, "limit": 10}

    def _vectors(self):
        chance = random.Random(1536)
        for record in self.typical:
            floats = data.vector(chance)
            yield record, floats, json.dumps(floats, separators=(",", ":"))

    def store_vector(self):
        for record, floats, _ in self._vectors():
            yield "store", {"record": record | {"id": "s" + NUMBER, "embeddings": floats}}, f'"id":"s{NUMBER}"', '"version":1'

    def store_string(self):
        """The same bytes, but as a string in the context."""
        for record, _, text in self._vectors():
            context = record["context"] | {"blob": text}
            yield "store", {"record": record | {"id": "s" + NUMBER, "context": context}}, f'"id":"s{NUMBER}"', '"version":1'

    def put_vectors(self):
        for number, (record, floats, text) in enumerate(self._vectors()):
            yield "store", {"record": record | {"id": f"vector{number}", "embeddings": floats}}, f'"id":"vector{number}"'
            context = record["context"] | {"blob": text}
            yield "store", {"record": record | {"id": f"string{number}", "context": context}}, f'"id":"string{number}"'

    def get_vector(self):
        for number in range(len(self.typical)):
            yield "get", {"id": f"vector{number}"}, f'"id":"vector{number}"', '"embeddings":['

    def get_string(self):
        for number in range(len(self.typical)):
            yield "get", {"id": f"string{number}"}, f'"id":"string{number}"', '"blob":"['
