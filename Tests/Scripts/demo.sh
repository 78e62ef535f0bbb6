#!/usr/bin/env bash
# A tour of a private instance, which leaves nothing behind: demo.sh BIN_DIR
set -euo pipefail
bin=$(cd "$1" && pwd)
dir=$(mktemp -d /tmp/brain-demo-XXXXXX)
chmod 755 "$dir"
daemon=

finish() {
    local status=$?
    trap - EXIT
    if [[ -n $daemon ]] && kill -TERM "$daemon" 2>/dev/null; then
        wait "$daemon" || { echo "the daemon did not stop cleanly" >&2; status=1; }
    fi
    if (( status )); then tail -n 20 "$dir/log" >&2; fi
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT

show() {
    printf '\n$ brainctl'
    printf ' %q' "$@"
    printf '\n'
    "$bin/brainctl" "$@"
}

"$bin/brain-memoryd" --managed "$dir/data" 2>"$dir/log" &
daemon=$!
export BRAIN_SOCKET=$dir/data/brain.sock
for (( attempt = 0; ; attempt++ )); do
    if "$bin/brainctl" health >/dev/null 2>&1; then break; fi
    kill -0 "$daemon" 2>/dev/null || { echo "the daemon ended before it was ready" >&2; exit 1; }
    (( attempt < 600 )) || { echo "the daemon was not ready within a minute" >&2; exit 1; }
    sleep 0.1
done

show store --agent alice --tag travel --tag lisbon --importance 8 --text "Prefers the window seat"
show store --agent alice --tag travel --text "Has a meeting in Lisbon on Friday" --expires-in 1h
show store --agent bob --tag lisbon --text "Knows a good pastry shop near the river"
show query --agent alice --tag travel --min-importance 5
show insights
show stats
show health

# What was shown must be so.
[[ $("$bin/brainctl" count --json | tr -d '[:space:]') == '{"count":3}' ]] || { echo "expected three memories" >&2; exit 1; }
echo
echo "The demonstration is over; its PostgreSQL and its data are removed."
