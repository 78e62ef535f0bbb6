#!/usr/bin/env bash
# Stores two marks a second apart and restores to between them, RUNS times: point-in-time.sh BIN_DIR [RUNS]
# Fails unless every restore has the first mark and not the second.
set -euo pipefail
source "$(dirname "$0")/drill.sh"
drill "$1"
runs=${2:-10}
start_daemon on
wait_for "the stream" is_streaming
# The daemon makes one by itself when its archive begins, and one runs at a time.
wait_for "a base backup" "$bin/brainctl" backup now --base
sleep 2
moments=()
for (( run = 1; run <= runs; run++ )); do
    statement "INSERT INTO brain_memories (id, agent_id, timestamp, context) VALUES ('first-$run', 'drill', now(), '{}')"
    sleep 0.5
    moments+=("$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)")
    sleep 0.5
    statement "INSERT INTO brain_memories (id, agent_id, timestamp, context) VALUES ('second-$run', 'drill', now(), '{}')"
done
sleep 1
stop_daemon
right=0
for (( run = 1; run <= runs; run++ )); do
    restore --target "$dir/again" --timeline 1 --to-time "${moments[run - 1]}"
    start_daemon off again
    found=$(statement "SELECT count(*) FILTER (WHERE id = 'first-$run') || '/' || count(*) FILTER (WHERE id = 'second-$run')
        FROM brain_memories")
    stop_daemon
    rm -rf "$dir/again"
    if [[ $found == 1/0 ]]; then (( right += 1 )); else echo "run $run: marks found: $found" >&2; fi
done
echo "$right of $runs restores to between two marks a second apart have the first and not the second"
(( right == runs ))
