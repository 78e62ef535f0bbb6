#!/usr/bin/env bash
# A tour of a private instance, which leaves nothing behind: demo.sh BIN_DIR
set -euo pipefail
source "$(dirname "$0")/private-instance.sh"

show() {
    printf '\n$ brainctl'
    printf ' %q' "$@"
    printf '\n'
    "$bin/brainctl" "$@"
}

private_instance "$1"
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
echo "The demonstration is over; its servers and its data are removed."
