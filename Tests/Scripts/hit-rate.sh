#!/usr/bin/env bash
# Measures the cache's hit rate on a private instance, which leaves nothing behind: hit-rate.sh BIN_DIR [READS]
set -euo pipefail
source "$(dirname "$0")/private-instance.sh"
private_instance "$1"
python3 "$(dirname "$0")/hit-rate.py" "$BRAIN_SOCKET" "${2:-20000}"
"$bin/brainctl" stats | head -n 6
