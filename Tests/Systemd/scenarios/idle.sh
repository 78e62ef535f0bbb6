#!/usr/bin/env bash
# What the daemon costs while nobody asks anything: wakeups, private memory, and the time until it is ready, which is for a
# release: a debug build takes a multiple of it, and the longer the slower the machine.
# timeout: 300
# alone
source /opt/systemd-test/lib.sh

operator_postgres
operator_redis
ok 'the daemon starts' operator_daemon

# ready_after: milliseconds that a start takes, PostgreSQL being up; the best of five, since others share the machine.
ready_after() {
    local best=100000 took
    for _ in 1 2 3 4 5; do
        systemctl stop brain-memoryd.service 2>/dev/null
        took=$(milliseconds systemctl start brain-memoryd.service) || return
        (( took >= best )) || best=$took
    done
    echo "$best"
}
limit=200
[[ $(</opt/systemd-test/build) == release ]] || limit=500
took=$(ready_after)
echo "     ready in $took ms"
ok "it is ready within $limit ms" '(( took <= limit ))'

# Its scheduled work is not what is measured.
configure <<CONF
postgres.url: "postgresql:///brain?host=/run/postgresql"
redis.url: "unix:///run/redis/redis-server.sock"
workers.expiry_cleanup: off
workers.stats_refresh: off
workers.cache_counters: off
CONF
systemctl restart brain-memoryd.service
ok 'it has served something' 'brainctl store --agent alice --text "Likes tea" && brainctl query --agent alice >/dev/null'

# switches: how often its threads have gone to sleep so far, each of which had a wakeup before.
switches() {
    cat "/proc/$(prop brain-memoryd.service MainPID)"/task/*/status | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }'
}
# quiet SECONDS: whether so long a while had at most two wakeups a second.
quiet() {
    local before after
    before=$(switches)
    sleep "$1"
    after=$(switches)
    rate=$(( (after - before) * 100 / $1 ))
    (( rate <= 200 ))
}
# The first seconds after a request are not idle; a while with something of the machine's own in it is no measure.
rate=
ok 'it is woken at most twice a second' 'until_ 150 "quiet 40 && echo \$rate >/run/rate"'
rate=$(</run/rate)
echo "     $(( rate / 100 )).$(printf %02d $(( rate % 100 ))) wakeups a second"

# What belongs to the process alone: the pages of its programs are the file's, and shared with whoever runs it too.
private=$(awk '/^Anonymous:/ { print $2 }' "/proc/$(prop brain-memoryd.service MainPID)/smaps_rollup")
echo "     $private kB of private memory"
ok 'it has at most 20 MB of private memory' '(( private <= 20000 ))'

summary
