#!/usr/bin/env bash
# Times the daemon against its rivals in Python on a private instance, which leaves nothing behind:
# rivals.sh BIN_DIR PYTHON [ARGUMENTS of rivals.py]. PYTHON has requirements.txt installed (`make bench-venv`).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../../Scripts/private-instance.sh"
export BRAIN_BACKUPS_BASE=off BRAIN_BACKUPS_DUMP=off BRAIN_BACKUPS_WAL=off BRAIN_BACKUPS_DUMP_AFTER_WRITES=0
export PYTHONDONTWRITEBYTECODE=1
python=$2
private_instance "$1"
shift 2
"$python" "$here/rivals.py" --postgres "host=$dir/data/run user=brain dbname=brain" \
    --redis "$dir/data/redis/redis.sock" "$@"
