#!/usr/bin/env bash
# Whether one user's calls are held up by another user that floods the daemon: fairness.sh BIN_DIR [ROUNDS [SECONDS
# [LIMIT [KINDS]]]]. The p99 must not more than double, unless LIMIT says otherwise. Needs root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/private-instance.sh"
export BRAIN_BACKUPS_BASE=off BRAIN_BACKUPS_DUMP=off BRAIN_BACKUPS_WAL=off BRAIN_BACKUPS_DUMP_AFTER_WRITES=0
export BRAIN_SOCKET_MODE=0666 PYTHONDONTWRITEBYTECODE=1
private_instance "$1"
shift
python3 "$here/fairness.py" "$BRAIN_SOCKET" "$@"
