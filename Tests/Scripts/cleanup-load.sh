#!/usr/bin/env bash
# Whether cleaning up EXPIRED expired memories holds up 8 clients that store and query: their p99 alone and meanwhile, five
# times in turn: cleanup-load.sh BIN_DIR [EXPIRED]. Fails when a request fails or the median p99 more than doubles.
set -euo pipefail
source "$(dirname "$0")/drill.sh"
export BRAIN_BACKUPS_BASE=off BRAIN_BACKUPS_DUMP=off BRAIN_BACKUPS_DUMP_AFTER_WRITES=0 BRAIN_WORKERS_EXPIRY_CLEANUP=off
drill "$1"
expired=${2:-100000}
start_daemon off
expire() {
    statement "INSERT INTO brain_memories (id, agent_id, timestamp, context, tags, expires_at)
        SELECT 'e' || $1 || '-' || n, 'mortal' || n % 50, now(), jsonb_build_object('n', n), ARRAY['a' || n % 50],
            now() - interval '1 minute'
        FROM generate_series(1, $expired) AS n"
}
left() { statement "SELECT count(*) FROM brain_memories WHERE expires_at < now()"; }
alone=() meanwhile=() failures=0
for round in 1 2 3 4 5; do
    read -r p99 calls failed < <(python3 "$here/cleanup-load.py" "$BRAIN_SOCKET" 8)
    alone+=("$p99")
    failures=$(( failures + failed ))
    expire "$round"
    "$bin/brainctl" worker run expiry-cleanup --no-wait >/dev/null
    read -r other calls2 failed < <(python3 "$here/cleanup-load.py" "$BRAIN_SOCKET" 8)
    meanwhile+=("$other")
    failures=$(( failures + failed ))
    echo "round $round: p99 alone $p99 ms of $calls calls, meanwhile $other ms of $calls2; $(left) of $expired left then"
    while (( $(left) > 0 )); do sleep 0.5; done
done
median() { printf '%s\n' "$@" | sort -n | sed -n 3p; }
awk -v a="$(median "${alone[@]}")" -v m="$(median "${meanwhile[@]}")" -v f="$failures" 'BEGIN {
    printf "median p99 alone %s ms, meanwhile %s ms: ratio %.2f; %d requests failed\n", a, m, m / a, f
    exit !(m <= 2 * a && f == 0)
}'
