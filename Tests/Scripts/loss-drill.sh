#!/usr/bin/env bash
# Under write load kills all of PostgreSQL, removes its data folder and restores; prints how many acknowledged writes are
# lost, and of which last stretch of time, in the default and in the strict mode: loss-drill.sh BIN_DIR [RUNS] [MODES]
# Fails when more than a second is lost in the default mode, or anything in strict mode.
set -euo pipefail
source "$(dirname "$0")/drill.sh"
drill "$1"
worst=0
for mode in ${3:-on strict}; do
    for (( run = 1; run <= ${2:-10}; run++ )); do
        rm -rf "$dir/data" "$dir/backups"
        start_daemon "$mode"
        wait_for "the stream" is_streaming
        # The daemon makes one by itself when its archive begins, and one runs at a time.
        wait_for "a base backup" "$bin/brainctl" backup now --base
        python3 "$here/loss-drill.py" write "$BRAIN_SOCKET" "$dir/written" &
        writer=$!
        sleep "2.$(( RANDOM % 10 ))"
        lose_postgres
        wait "$writer"
        begin=$EPOCHREALTIME
        restore --managed "$data" >"$dir/summary"
        start_daemon "$mode"
        result=$(python3 "$here/loss-drill.py" check "$BRAIN_SOCKET" "$dir/written")
        seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
        echo "wal $mode, run $run: $result; back after $seconds s"
        stop_daemon
        read -r _ _ _ lost _ span <<<"$result"
        if [[ $mode == strict ]]; then (( lost == 0 )) || worst=1
        else awk -v s="$span" 'BEGIN { exit !(s <= 1) }' || worst=1; fi
    done
done
exit "$worst"
