# Sourced by the drills: an instance with backups in a folder of its own, which can be hurt, restored and started again.
# drill BIN_DIR begins one; when the script ends, the instance does too, and leaves nothing behind.

finish() {
    local status=$?
    trap - EXIT
    stop_daemon || true
    if (( status )); then tail -n 20 "$dir/log" "$dir/restore.log" >&2 2>/dev/null || true; fi
    rm -rf "$dir"
    exit "$status"
}

drill() {
    bin=$(cd "$1" && pwd)
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    dir=$(mktemp -d /tmp/brain-drill-XXXXXX)
    chmod 755 "$dir"
    daemon=
    trap finish EXIT
    bindir=$(pg_config --bindir 2>/dev/null || ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
}

# start_daemon MODE [FOLDER]: serves from FOLDER (data) with backups.wal MODE, and waits until it is well.
start_daemon() {
    data=$dir/${2:-data}
    export BRAIN_SOCKET=$data/brain.sock
    "$bin/brain-memoryd" --managed "$data" --managed-redis off --backups-directory "$dir/backups" --backups-wal "$1" \
        2>>"$dir/log" &
    daemon=$!
    wait_for "the daemon to be well" "$bin/brainctl" health
}

stop_daemon() {
    [[ -n $daemon ]] || return 0
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$daemon" || true
    daemon=
}

# wait_for WHAT COMMAND…: tries the command until it succeeds, for a minute.
wait_for() {
    local what=$1 attempt
    shift
    for (( attempt = 0; attempt < 600; attempt++ )); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "waited a minute for $what" >&2
    return 1
}

# Whether the stream of WAL receives.
is_streaming() { "$bin/brainctl" health | grep -Eq 'wal-stream .*streaming'; }

# Kills every process of PostgreSQL at once, removes its data folder, and ends the daemon.
lose_postgres() {
    local postmaster
    postmaster=$(head -n 1 "$data/postgres/postmaster.pid")
    kill -STOP "$postmaster"
    # shellcheck disable=SC2046
    kill -KILL $(pgrep -P "$postmaster") "$postmaster"
    rm -rf "$data/postgres"
    stop_daemon
}

# restore OPTIONS…: restores, and prints only the final line.
restore() {
    "$bin/brain-memoryd" restore --backups "$dir/backups" "$@" 2>>"$dir/restore.log"
}

# statement SQL: runs it on the private PostgreSQL, as the role that owns the memories.
statement() {
    PGHOST=$data/run PGPORT=5432 PGUSER=brain PGDATABASE=brain "$bindir/psql" -XAtq -v ON_ERROR_STOP=1 -c "$1"
}
