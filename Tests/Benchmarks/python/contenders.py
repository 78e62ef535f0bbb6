"""The three ways for a Python program to keep memories that are timed. Each imports only what it needs itself, in the process
that uses it. All have: put(record), get(record's id and agent) -> context, search(agent, tag, importance) -> ids, newest
first, and count(agent)."""
import json
import multiprocessing

LIMIT = 10


class Ours:
    """The daemon, by the client to copy."""

    def __init__(self, places):
        from brain_client import Brain
        self.call = Brain(places["brain"], seconds=60).call

    @staticmethod
    def setup(places):
        pass

    def put(self, record):
        self.call("store", record=record)

    def get(self, key, agent):
        return self.call("get", id=key)["memory"]["context"]

    def search(self, agent, tag, importance):
        found = self.call("query", agentId=agent, tags=[tag], minImportance=importance, limit=LIMIT)
        return [memory["id"] for memory in found["memories"]]

    def count(self, agent):
        return self.call("count", agentId=agent)["count"]


def connection_string(places, schema):
    from psycopg.conninfo import make_conninfo
    return make_conninfo(places["postgres"], options=f"-c search_path={schema}")


def make_schema(places, schema):
    import psycopg
    with psycopg.connect(places["postgres"], autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit"):
            value = connection.execute(f"SHOW {setting}").fetchone()[0]
            if value != "on":
                raise SystemExit(f"{setting} is {value}: not the durability that ours has")
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.execute(f"CREATE SCHEMA {schema}")


class PostgresStore:
    """LangGraph's store over a connection of each process, as its manual shows. It knows no tags: each is a key of its own,
    since filters compare keys. It compares by text: importance has two digits."""

    SCHEMA = "rival_langgraph"

    def __init__(self, places):
        from langgraph.store.postgres import PostgresStore as Store
        self.context = Store.from_conn_string(connection_string(places, self.SCHEMA))
        self.store = self.context.__enter__()

    @classmethod
    def setup(cls, places):
        make_schema(places, cls.SCHEMA)
        made = cls(places)
        made.store.setup()

    def put(self, record):
        value = {"context": record["context"], "timestamp": record["timestamp"],
                 "importance": f"{record['importance']:02d}"}
        for tag in record["tags"]:
            value["tag:" + tag] = True
        self.store.put(("memories", record["agentId"]), record["id"], value)

    def get(self, key, agent):
        return self.store.get(("memories", agent), key).value["context"]

    def search(self, agent, tag, importance):
        found = self.store.search(
            ("memories", agent), limit=LIMIT,
            filter={"tag:" + tag: True, "importance": {"$gte": f"{importance:02d}"}})
        return [item.key for item in found]

    def count(self, agent):
        row = self.store.conn.execute("SELECT count(*) AS n FROM store WHERE prefix = %s", (f"memories.{agent}",))
        return row.fetchone()["n"]


class CacheAside:
    """What one would write by hand: psycopg for the truth, redis-py for what was read or written in the last 5 minutes."""

    SCHEMA = "rival_by_hand"
    PREFIX, SECONDS = "rival:", 300
    TABLES = """
        CREATE TABLE memory (
            id text COLLATE "C" PRIMARY KEY, agent_id text COLLATE "C" NOT NULL, timestamp timestamptz NOT NULL,
            context jsonb NOT NULL, importance smallint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
        CREATE INDEX ON memory (agent_id, timestamp DESC, id DESC);
        CREATE TABLE memory_tag (
            memory_id text COLLATE "C" REFERENCES memory ON DELETE CASCADE, tag text COLLATE "C",
            PRIMARY KEY (memory_id, tag));
        CREATE INDEX ON memory_tag (tag)"""
    # One statement, and so one round trip and one transaction.
    PUT = """
        WITH kept AS (
            INSERT INTO memory (id, agent_id, timestamp, context, importance) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (id) DO UPDATE SET agent_id = excluded.agent_id, timestamp = excluded.timestamp,
                context = excluded.context, importance = excluded.importance, updated_at = now()
            RETURNING id),
        gone AS (DELETE FROM memory_tag WHERE memory_id = %s AND tag <> ALL (%s))
        INSERT INTO memory_tag SELECT id, unnest(%s::text[]) FROM kept ON CONFLICT DO NOTHING"""
    COLUMNS = """SELECT id, agent_id, timestamp, context, importance,
            ARRAY(SELECT tag FROM memory_tag WHERE memory_id = id ORDER BY tag) AS tags
        FROM memory"""
    GET = COLUMNS + " WHERE id = %s"
    SEARCH = COLUMNS + """
        WHERE agent_id = %s AND importance >= %s
            AND EXISTS (SELECT FROM memory_tag WHERE memory_id = id AND tag = %s)
        ORDER BY timestamp DESC, id DESC LIMIT %s"""

    def __init__(self, places):
        import psycopg
        import redis
        from psycopg.types.json import Jsonb
        self.json = Jsonb
        self.database = psycopg.connect(
            connection_string(places, self.SCHEMA), autocommit=True, prepare_threshold=0)
        self.cache = redis.Redis(unix_socket_path=places["redis"])

    @classmethod
    def setup(cls, places):
        import psycopg
        make_schema(places, cls.SCHEMA)
        with psycopg.connect(connection_string(places, cls.SCHEMA), autocommit=True) as connection:
            connection.execute(cls.TABLES)
        cache = cls(places).cache
        for key in cache.scan_iter(cls.PREFIX + "*", count=1000):
            cache.delete(key)

    def put(self, record):
        key, tags = record["id"], record["tags"]
        self.database.execute(self.PUT, (
            key, record["agentId"], record["timestamp"], self.json(record["context"]), record["importance"], key, tags, tags))
        self.cache.set(self.PREFIX + key, json.dumps(record), ex=self.SECONDS)

    @staticmethod
    def record(row):
        return {"id": row[0], "agentId": row[1], "timestamp": row[2].isoformat(), "context": row[3], "importance": row[4],
                "tags": row[5]}

    def get(self, key, agent):
        text = self.cache.get(self.PREFIX + key)
        if text is not None:
            return json.loads(text)["context"]
        record = self.record(self.database.execute(self.GET, (key,)).fetchone())
        self.cache.set(self.PREFIX + key, json.dumps(record), ex=self.SECONDS)
        return record["context"]

    def search(self, agent, tag, importance):
        found = self.database.execute(self.SEARCH, (agent, importance, tag, LIMIT))
        return [self.record(row)["id"] for row in found.fetchall()]

    def count(self, agent):
        return self.database.execute("SELECT count(*) FROM memory WHERE agent_id = %s", (agent,)).fetchone()[0]


CONTENDERS = {"ours": Ours, "postgresStore": PostgresStore, "cacheAside": CacheAside}


def settle(name, places):
    """Makes a contender's tables, or has PostgreSQL look at all of them once they are full ("statistics")."""
    def work():
        if name != "statistics":
            return CONTENDERS[name].setup(places)
        import psycopg
        with psycopg.connect(places["postgres"], autocommit=True) as connection:
            connection.execute("ANALYZE")

    # In a process of its own, so that the parent of all processes has loaded nothing that they don't use.
    process = multiprocessing.Process(target=work)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{name}: could not be set up")
