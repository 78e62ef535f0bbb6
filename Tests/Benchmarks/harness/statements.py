"""The SQL that pgbench runs instead of asking the daemon."""
import re

from . import data, load

COLUMNS = ('m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version, '
           "m.created_at, m.updated_at")
# What the daemon sets on its sessions, so that the same statement has the same plan.
QUERY_SETTINGS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_bitmapscan": "off",
                  "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off", "work_mem": "16MB"}


def _quoted(text):
    return "'" + text.replace("'", "''") + "'"


def _tags(record):
    return "'{" + ",".join(f'"{tag}"' for tag in sorted(set(record["tags"]))) + "}'::text[]"


class Statements:
    """Scripts for pgbench. Ids are new in each run, by a prefix."""

    def __init__(self, store, typical):
        self.store, self.typical, self._runs = store, typical, 0

    def _prefix(self):
        self._runs += 1
        return {"prefix": f"p{self._runs}-", "n": 0}

    def insert(self):
        """One memory in one transaction; triggers write its tags in it. A record of each length, as ours."""
        variables = self._prefix()
        scripts = []
        for number, record in enumerate(self.typical):
            variables[f"context{number}"] = data.compact(record["context"])
            scripts.append(
                "\\set n :n + 1\n"
                "INSERT INTO brain_memories (id, agent_id, \"timestamp\", context, tags, importance) VALUES "
                f"(:prefix::text || :client_id::text || '-' || :n::text, {_quoted(record['agentId'])}, "
                f"{_quoted(record['timestamp'])}, :context{number}::jsonb, {_tags(record)}, {record['importance']});\n")
        return {"scripts": scripts, "variables": variables}

    def insert_batch(self):
        """A hundred memories in one statement of many rows; their contexts and agents are sent with each."""
        variables = self._prefix()
        rows = []
        for number, record in enumerate(self.store.records[:100]):
            variables[f"c{number}"] = data.compact(record["context"])
            variables[f"a{number}"] = record["agentId"]
            rows.append(f"({number}, :a{number}::text, {_quoted(record['timestamp'])}::timestamptz, :c{number}::jsonb, "
                        f"{_tags(record)}, {record['importance']})")
        script = ("\\set n :n + 1\n"
                  "INSERT INTO brain_memories (id, agent_id, \"timestamp\", context, tags, importance) "
                  "SELECT :prefix::text || :client_id::text || '-' || :n::text || '-' || d.k, d.agent_id, d.\"timestamp\", "
                  "d.context, d.tags, d.importance FROM (VALUES " + ", ".join(rows) +
                  ") AS d (k, agent_id, \"timestamp\", context, tags, importance);\n")
        return {"scripts": [script], "variables": variables}

    def select(self):
        """A memory by its primary key, at random among those that ours reads."""
        script = (f"\\set n random(0, {self.store.size - 1})\n"
                  f"SELECT {COLUMNS} FROM brain_memories AS m WHERE m.id = 'u' || lpad(:n::text, 12, '0') "
                  "AND m.expires_at > now();\n")
        return {"scripts": [script]}

    def query(self, schema):
        """The daemon's own statement for agent, tag and importance."""
        with open(f"{schema}/queries/page.sql") as file:
            text = re.search(r"-- name: page/agents/any-tag\n-- parameters: ([^\n]*)\n(.*?;)", file.read(), re.S)
        # Variables, which pgbench binds, where the daemon binds parameters.
        values = {
            "upperTimestamp": "'infinity'", "upperID": "''", "start": ":start", "minimumImportance": ":least",
            "limit": ":limit", "agents": "ARRAY['agent-' || lpad(:agent::text, 4, '0')]", "tags": ":tags",
            "budgetBytes": "16000000"}
        names = text[1].split()
        sql = re.sub(r"\$(\d+)", lambda match: values[names[int(match[1]) - 1]], text[2])
        return {"scripts": [f"\\set agent random(0, {load.LARGE_AGENTS - 1})\n{sql}\n"], "settings": QUERY_SETTINGS,
                "variables": {"start": "2000-01-01Z", "least": 3, "limit": 10, "tags": "{conversation}"}}
