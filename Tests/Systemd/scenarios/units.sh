#!/usr/bin/env bash
# The units on an operator's PostgreSQL and Redis, with peer authentication.
source /opt/systemd-test/lib.sh

ok 'PID 1 is systemd' 'grep -q systemd /proc/1/comm'
ok 'the units are right' '[[ -z $(systemd-analyze verify brain-memoryd.service brain-memoryd.socket brain-memoryd@x.service brain-memoryd@x.socket 2>&1 | tee /dev/stderr) ]]'

ok "an operator's PostgreSQL starts" operator_postgres
ok "an operator's Redis starts" operator_redis
ok 'the daemon starts' operator_daemon
ok 'it stores' 'brainctl store --agent alice --text "Likes tea"'
ok 'it reads' 'brainctl query --agent alice | grep -q "Likes tea"'
ok 'it caches' 'brainctl query --agent alice --json | grep -q "\"servedFrom\":\"cache\""'
ok 'it stops' 'systemctl stop brain-memoryd.service'

summary
