"""Fills the database by SQL, behind the daemon's back, so that nothing of it is in any cache."""
from . import data

AGENTS = 1000
# The agents that hold enough memories, at any size, for a page of ten: agent 0 has a tenth of all, and each has fewer.
LARGE_AGENTS = 32
# The one that at 10,000 memories has more than ten of each importance.
LARGEST_AGENT = "agent-0000"

STAGE = """
CREATE TABLE bench_lines (n integer, record jsonb);
"""
UNPACK = """
CREATE TABLE bench_records AS
SELECT n, record->>'agentId' AS agent_id, (record->>'timestamp')::timestamptz AS "timestamp", record->'context' AS context,
    ARRAY(SELECT tag COLLATE "C" FROM jsonb_array_elements_text(record->'tags') AS tag GROUP BY 1 ORDER BY 1) AS tags,
    (record->>'importance')::smallint AS importance
FROM bench_lines;
CREATE UNIQUE INDEX ON bench_records (n);
ANALYZE bench_records;
"""
# Numbered memories of 1,000 agents, some of them large. Triggers are off, and what they would do is done for all at once.
FILL = """
BEGIN;
SET LOCAL session_replication_role = replica;
SET LOCAL work_mem = '256MB';
CREATE TEMPORARY TABLE added ON COMMIT DROP AS
SELECT 'u' || lpad(g.n::text, 12, '0') AS id,
    'agent-' || lpad(floor({agents} * power((g.n * 2654435761 % 4294967296) / 4294967296.0, 3))::text, 4, '0') AS agent_id,
    timestamptz '2024-01-01Z' + g.n * interval '1 second' AS "timestamp", r.context, r.tags, r.importance
FROM generate_series({first}::bigint, {last}::bigint) AS g (n) JOIN bench_records AS r ON r.n = g.n % {records};
INSERT INTO brain_memories (id, agent_id, "timestamp", context, tags, importance)
SELECT id, agent_id, "timestamp", context, tags, importance FROM added;
INSERT INTO brain_memory_tags (memory_id, tag, agent_id, "timestamp", expires_at, importance)
SELECT id, tag, agent_id, "timestamp", 'infinity', importance FROM added CROSS JOIN unnest(tags) AS tag;
DELETE FROM brain_stats_base;
COMMIT;
"""
ORIGINALS = """
INSERT INTO brain_memories (id, agent_id, "timestamp", context, tags, importance)
SELECT 'c' || lpad(n::text, 12, '0'), agent_id, "timestamp", context, tags, importance FROM bench_records;
"""


class Store:
    """The memories that PostgreSQL holds for a benchmark."""

    def __init__(self, servers):
        self.servers = servers
        self.records, self.source = data.conversations()
        self.size = 0
        path = f"{servers.dir}/records"
        data.write_records(path, self.records)
        servers.sql(STAGE)
        servers.psql("-c", rf"\copy bench_lines FROM '{path}'")
        servers.sql(UNPACK, ORIGINALS)

    def grow(self, size):
        """Adds memories u0… until there are so many."""
        step = 500_000
        while self.size < size:
            last = min(size, self.size + step)
            self.servers.psql("-f", "-", input=FILL.format(
                agents=AGENTS, first=self.size, last=last - 1, records=len(self.records)))
            self.size = last
        self.tidy()

    def tidy(self):
        """What autovacuum and the daemon's workers would do from time to time."""
        tables = ("brain_memories", "brain_memory_tags", "brain_memory_changes", "brain_memory_stats", "brain_memory_tag_stats")
        self.servers.psql("-f", "-", input=" ".join(f"VACUUM ANALYZE {table};" for table in tables) + " CHECKPOINT;")

    def refresh_statistics(self):
        """Has the statistics be up to date, and what led to them be cleared away."""
        self.servers.ctl("worker", "run", "stats-refresh")
        self.tidy()
