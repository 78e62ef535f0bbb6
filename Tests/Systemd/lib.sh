# Sourced by every scenario, inside the container: checks, waiting, and what an operator's machine has. The scenario
# ends with `summary`.

set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export BRAIN_SOCKET=/run/brain-memoryd/brain.sock
# For Python: memory_client.py lies there, a client that shares no code with the daemon.
export PYTHONPATH=/opt/systemd-test PYTHONDONTWRITEBYTECODE=1

passed=0 failed=0
# How the daemon's configuration is called.
configuration=/etc/brain-memoryd/brain-memoryd.yaml

# ok WHAT COMMAND: COMMAND, a line of shell, must succeed. What it printed is shown only when it did not.
ok() {
    local began=$EPOCHREALTIME output
    if output=$(eval "$2" 2>&1); then
        passed=$(( passed + 1 ))
        printf 'ok   %s (%d ms)\n' "$1" $(( (${EPOCHREALTIME/./} - ${began/./}) / 1000 ))
    else
        failed=$(( failed + 1 ))
        printf 'FAIL %s\n     the check: %s\n' "$1" "$2"
        [[ -z $output ]] || printf '%s\n' "$output" | head -n 40 | sed 's/^/     | /'
    fi
}

# equal WHAT GOT EXPECTED
equal() {
    local got=$2 expected=$3
    ok "$1" '[[ $got == "$expected" ]] || { echo "expected: $expected"; echo "got:      $got"; false; }'
}

# until_ SECONDS COMMAND: runs COMMAND until it succeeds, for so long at most.
until_() {
    local end=$(( ${EPOCHREALTIME/./} + $1 * 1000000 ))
    until eval "$2" 2>/dev/null; do
        if (( ${EPOCHREALTIME/./} > end )); then
            echo "not so within $1 s: $2" >&2
            return 1
        fi
        sleep 0.02
    done
}

# milliseconds COMMAND…: how long that took.
milliseconds() {
    local began=$EPOCHREALTIME
    "$@" >/dev/null || return
    echo $(( (${EPOCHREALTIME/./} - ${began/./}) / 1000 ))
}

# prop UNIT NAME: a property of a unit.
prop() { systemctl show -P "$2" "$1"; }

# as USER COMMAND…: as that user with its groups.
as() {
    local user=$1
    shift
    setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
}

# users NAME[:GROUP]…: makes system users.
users() {
    local user
    for user; do
        useradd --system --no-create-home "${user%%:*}"
        [[ $user != *:* ]] || usermod -a -G "${user#*:}" "${user%%:*}"
    done
}

# journal ARGUMENT…: what the journal has of the daemon, all written.
journal() {
    journalctl --sync
    journalctl --no-pager -u brain-memoryd.service "$@"
}

# configure <<…: writes the daemon's configuration.
configure() {
    cat >"$configuration"
    chown root:brain-memoryd "$configuration"
    chmod 640 "$configuration"
}

# drop_in UNIT NAME <<…: a drop-in of a unit.
drop_in() {
    mkdir -p "/etc/systemd/system/$1.d"
    cat >"/etc/systemd/system/$1.d/$2.conf"
    systemctl daemon-reload
}

# An operator's PostgreSQL at /run/postgresql, peer authentication only, with a role named as the daemon's user and a
# database "brain" of its own: started as postgresql.service.
operator_postgres() {
    local programs
    programs=$(pg_config --bindir)
    # Debian's generator would start this machine's own cluster beside it.
    rm -f /usr/lib/systemd/system-generators/postgresql-generator
    cat >/etc/systemd/system/postgresql.service <<UNIT
[Service]
Type=notify
User=postgres
StateDirectory=operator-postgres
StateDirectoryMode=0700
RuntimeDirectory=postgresql
ExecStart=$programs/postgres -D /var/lib/operator-postgres/data -c listen_addresses= -k /run/postgresql
KillMode=mixed
KillSignal=SIGINT
UNIT
    install -d -o postgres -m 700 /var/lib/operator-postgres
    as postgres "$programs/initdb" --no-sync -A peer -D /var/lib/operator-postgres/data >/dev/null
    systemctl daemon-reload
    systemctl start postgresql.service
    as postgres psql -qX -d postgres -c 'CREATE ROLE "brain-memoryd" LOGIN REPLICATION' \
        -c 'CREATE DATABASE brain OWNER "brain-memoryd"'
}

# An operator's Redis at /run/redis/redis-server.sock, for members of its group: started as redis-server.service.
operator_redis() {
    cat >/etc/systemd/system/redis-server.service <<UNIT
[Service]
Type=notify
User=redis
RuntimeDirectory=redis
RuntimeDirectoryMode=0755
ExecStart=/usr/bin/redis-server --supervised systemd --daemonize no --port 0 --save "" --logfile "" \\
    --unixsocket /run/redis/redis-server.sock --unixsocketperm 770
UNIT
    drop_in brain-memoryd.service redis <<'CONF'
[Service]
SupplementaryGroups=redis
CONF
    systemctl start redis-server.service
}

# The daemon on the operator's PostgreSQL (and Redis, when it was started): configured, started, ready.
operator_daemon() {
    {
        echo 'postgres.url: "postgresql:///brain?host=/run/postgresql"'
        if systemctl --quiet is-active redis-server.service; then
            echo 'redis.url: "unix:///run/redis/redis-server.sock"'
        fi
        cat
    } </dev/null | configure
    systemctl start brain-memoryd.service
    until_ 30 'brainctl health >/dev/null'
}

# What an installation does once: the user, its folders. Scenarios that install the package do without.
systemd-sysusers /usr/lib/sysusers.d/brain-memoryd.conf 2>/dev/null
systemd-tmpfiles --create /usr/lib/tmpfiles.d/brain-memoryd.conf 2>/dev/null

# The last line; the scenario's exit status.
summary() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    (( failed == 0 ))
}
