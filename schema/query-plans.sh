#!/bin/bash
# Measures every statement of schema/queries that reads several memories: for each number of memories given (default
# 10000 100000 1000000) it loads as many into a private, throw-away PostgreSQL and prints a Markdown table of pages
# touched (buffers hit and read) and milliseconds. QUERY-PLANS.md holds its output. A million takes some five minutes.
#
#   schema/query-plans.sh [--unvacuumed] [--explain STATEMENT] [SIZE...]
#
# --unvacuumed measures right after the load, with no VACUUM and no ANALYZE; --explain prints one statement's plans.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(pg_config --bindir)
vacuum=yes explain=
while [[ ${1-} == --* ]]; do
    case $1 in
        --unvacuumed) vacuum= ;;
        --explain) explain=$2; shift ;;
        *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done
sizes=("${@:-10000 100000 1000000}")
read -ra sizes <<<"${sizes[*]}"

folder=$(mktemp -d /tmp/query-plans-XXXXXX)
chmod 755 "$folder"
as=()
if [[ $(id -u) == 0 ]]; then # PostgreSQL refuses to be root.
    chown postgres "$folder"
    as=(runuser -u postgres --)
fi
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w start -o \
    "-c listen_addresses='' -k $folder -c fsync=off -c shared_buffers=1GB -c max_wal_size=8GB -c autovacuum=off" >/dev/null
sql() { "$bin/psql" -XAtq -v ON_ERROR_STOP=1 -h "$folder" -U postgres "$@"; }

# 1,000 agents of skewed sizes, the first with more than 30 % of all; 2 to 4 tags each of 4,000, the first on a third of
# all; two more tags on 1 % each that no memory has both of; low importance is common, high rare; every 20th memory has
# expired.
load() {
    sql -d "$1" -v size="$2" >/dev/null <<'SQL'
SELECT setseed(0.42);
INSERT INTO brain_memories (id, agent_id, "timestamp", context, tags, importance, expires_at)
SELECT
    lpad(to_hex((extract(epoch FROM happened) * 1000)::bigint), 12, '0') || '-' || md5(n::text),
    'agent-' || lpad(agent::text, 4, '0'),
    happened,
    jsonb_build_object('text', repeat(md5(n::text) || ' ', 4 + (n % 7)), 'turn', n),
    CASE n % 100 WHEN 1 THEN '{left}'::text[] WHEN 2 THEN '{right}' ELSE '{}' END
    || ARRAY(
        SELECT DISTINCT 'tag-' || lpad(floor(4000 * power(random(), 4))::text, 4, '0')
        FROM generate_series(1, 2 + n % 3) ORDER BY 1
    ),
    importance,
    CASE WHEN n % 20 = 0 THEN happened + interval '1 day' ELSE 'infinity' END
FROM (
    SELECT n,
        CASE WHEN random() < 0.3 THEN 0 ELSE floor(1000 * power(random(), 3))::int END AS agent,
        timestamptz '2024-01-01Z' + (n + 50 * random()) * (interval '600 days' / :size) AS happened,
        least(10, 1 + floor(-2.2 * ln(1 - random())))::int AS importance
    FROM generate_series(1, :size) AS n
    OFFSET 0
) AS rows;
SQL
}

# What the daemon sets on its sessions: PostgresMemoryRepository.sessionSettings.
settings="SET plan_cache_mode=force_generic_plan; SET enable_seqscan=off; SET enable_bitmapscan=off;
SET enable_hashjoin=off; SET enable_mergejoin=off; SET jit=off; SET work_mem='16MB';"

# The files of schema/queries as a psql script that runs each statement twice and explains the second run.
# $1: which statements, $2: what is said of this case, others: parameter=value
script() {
    local wanted=$1 label=$2
    shift 2
    awk -v wanted="$wanted" -v label="$label" -v given="$*" -v settings="$settings" '
        BEGIN {
            print settings
            value["agents"] = "{agent-0000}"; value["rangeLows"] = "{agent-0000,agent-09}"
            value["rangeUppers"] = "{agent-0000 ,agent-09~}"; value["tags"] = "{tag-0000,tag-0001}"
            value["minimumImportance"] = 7; value["start"] = "-infinity"; value["upperTimestamp"] = "2025-08-01"
            value["upperID"] = ""; value["limit"] = 100; value["budgetBytes"] = 33554432
            count = split(given, pairs, " ")
            for (i = 1; i <= count; i++) { split(pairs[i], pair, "="); value[pair[1]] = pair[2] }
        }
        /^-- name: / { name = $3; chosen = name ~ wanted }
        !chosen { next }
        /^-- name: / { next }
        /^-- parameters: / {
            arguments = ""
            for (i = 3; i <= NF; i++) arguments = arguments (i > 3 ? ", " : "") "\047" value[$i] "\047"
            print "PREPARE q AS"
            next
        }
        { print }
        /;$/ {
            print "\\echo name " name label
            print "\\o /dev/null\nEXECUTE q(" arguments ");\n\\o"
            print "EXPLAIN (ANALYZE, BUFFERS) EXECUTE q(" arguments ");\nDEALLOCATE q;"
        }' "$here"/queries/{page,insights,count,by-agent,shared-tags-of-few,shared-tags-of-many}.sql
}

scripts() {
    if [[ $explain ]]; then script "^$explain\$" ""; return; fi
    script '^page/' ""
    script '^page/(everyone|agents)/' ", 30 days" start=2024-08-01 upperTimestamp=2024-08-31 minimumImportance=3
    script '^page/(everyone|agents)/' ", limit 1000" limit=1000
    script '^page/(everyone|agents)/all' ", any importance" minimumImportance=1
    script '^page/(everyone|agents)/all' ", never together" "tags={left,right}" minimumImportance=1
    script '^insights/(everyone|agents)/' ""
    script '^(count|by-agent|shared-tags-of-few|shared-tags-of-many)/(everyone|agents)/' ""
}

# Each plan's first "Buffers" line is its whole.
summary='
    /^name / { name = substr($0, 6); pages = -1 }
    /Buffers: shared/ && pages < 0 {
        pages = 0
        for (i = 1; i <= NF; i++) if ($i ~ /^(hit|read)=/) { split($i, part, "="); pages += part[2] }
    }
    /^Execution Time:/ { printf "%s|%d|%.1f\n", name, pages, $3 }'

for size in "${sizes[@]}"; do
    sql -d postgres -c "CREATE DATABASE memories$size"
    for migration in "$here"/migrations/*.sql; do sql -1 -d "memories$size" -f "$migration"; done
    load "memories$size" "$size"
    if [[ $vacuum ]]; then sql -d "memories$size" -c "VACUUM (ANALYZE)"; fi
    scripts | sql -d "memories$size" >"$folder/plans$size"
    if [[ $explain ]]; then cat "$folder/plans$size"; else awk "$summary" "$folder/plans$size" >"$folder/table$size"; fi
done
if [[ $explain ]]; then exit; fi

printf '| statement |'; printf ' %s pages | ms |' "${sizes[@]}"; echo
printf '|---|'; for _ in "${sizes[@]}"; do printf -- '---:|---:|'; done; echo
cut -d'|' -f1 "$folder/table${sizes[0]}" | while IFS= read -r name; do
    printf '| %s |' "$name"
    for size in "${sizes[@]}"; do
        awk -F'|' -v name="$name" '$1 == name { printf " %d | %s |", $2, $3; exit }' "$folder/table$size"
    done
    echo
done
