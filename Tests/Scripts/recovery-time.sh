#!/usr/bin/env bash
# How long it takes from the command to the first answered read, with MEMORIES memories, from a base backup with WAL and
# from a dump: recovery-time.sh BIN_DIR [MEMORIES]. Fails above 60 s and 150 s, the bounds for a million.
set -euo pipefail
source "$(dirname "$0")/drill.sh"
drill "$1"
memories=${2:-1000000}
start_daemon on
wait_for "the stream" is_streaming
statement "INSERT INTO brain_memories (id, agent_id, timestamp, context, tags, importance)
    SELECT 'm' || n, 'agent' || n % 100, now() - n * interval '1 second',
        jsonb_build_object('n', n, 'text', repeat('word' || n % 1000 || ' ', 40)), ARRAY['a' || n % 50, 'b' || n % 7], 1 + n % 10
    FROM generate_series(1, $memories) AS n"
wait_for "a dump" "$bin/brainctl" backup now
# The daemon makes one by itself when its archive begins, and one runs at a time.
wait_for "a base backup" "$bin/brainctl" backup now --base
# A tenth of them is written again after the base backup, so there is WAL to replay.
statement "UPDATE brain_memories SET importance = 1 + importance % 10, version = version + 1
    WHERE id IN (SELECT 'm' || n FROM generate_series(1, $memories / 10) AS n)"
sleep 2
du -sh "$data/postgres" | awk '{ print "the cluster has " $1 }'
lose_postgres
failed=0
measure() {
    local what=$1 bound=$2 begin=$EPOCHREALTIME
    shift 2
    restore --managed "$dir/data" "$@"
    start_daemon off
    "$bin/brainctl" get m1 >/dev/null
    local seconds
    seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    echo "$memories memories back from $what: first read answered $seconds s after the command"
    awk -v s="$seconds" -v b="$bound" 'BEGIN { exit !(s < b) }' || failed=1
    stop_daemon
    rm -rf "$dir/data/postgres"
}
measure "base backup and WAL" 60
measure "a dump" 150 --from-dump
exit "$failed"
