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
ok 'it caches' 'until_ 10 "brainctl query --agent alice --json | grep -q \"servedFrom\\\":\\\"cache\""'
for page in man1/brainctl.1 man5/brain-memoryd.yaml.5 man8/brain-memoryd.8; do
    ok "$page is a page of the manual" "[[ -z \$(man --warnings -E UTF-8 -l /usr/share/man/$page.gz 2>&1 >/dev/null | tee /dev/stderr) ]]"
done
for shell in bash zsh fish; do
    ok "brainctl completes in $shell" "grep -q cleanup /usr/share/$shell*/*completions*/*brainctl*"
done
ok 'the template is the service, but for names' 'diff <(sed "s/@%i//g; s/-%i//g; s#/%i.yaml#/brain-memoryd.yaml#; s/ (%i)//; s/@NAME//" /usr/lib/systemd/system/brain-memoryd@.service) /usr/lib/systemd/system/brain-memoryd.service'
ok 'so is its socket' 'diff <(sed "s/@%i//g; s/-%i//g; s/ (%i)//" /usr/lib/systemd/system/brain-memoryd@.socket) /usr/lib/systemd/system/brain-memoryd.socket'

# A server that wants a password, and a Redis on TCP that wants one too: both as credentials of the unit.
cat >secretive.sh <<'SCRIPT'
set -eu
as postgres psql -qX -d postgres -c "CREATE ROLE secretive LOGIN PASSWORD 'open sesame'" -c 'CREATE DATABASE secret OWNER secretive'
sed -i '1i local all secretive scram-sha-256' /var/lib/operator-postgres/data/pg_hba.conf
as postgres psql -qX -d postgres -c 'SELECT pg_reload_conf()' >/dev/null
redis-cli -s /run/redis/redis-server.sock config set requirepass sesame
redis-cli -s /run/redis/redis-server.sock -a sesame --no-auth-warning config set port 6379
install -d -m 700 /etc/brain-memoryd/secrets
echo 'postgresql://secretive:open%20sesame@/secret?host=/run/postgresql' >/etc/brain-memoryd/secrets/postgres.url
echo 'redis://:sesame@127.0.0.1:6379' >/etc/brain-memoryd/secrets/redis.url
echo 'log.level: debug' | configure
drop_in brain-memoryd.service secrets <<'CONF'
[Service]
LoadCredential=postgres.url:/etc/brain-memoryd/secrets/postgres.url
LoadCredential=redis.url:/etc/brain-memoryd/secrets/redis.url
PrivateNetwork=no
RestrictAddressFamilies=AF_INET
IPAddressAllow=localhost
CONF
systemctl start brain-memoryd.service
SCRIPT
ok 'passwords come as credentials' 'systemctl stop brain-memoryd.service; source secretive.sh'
ok 'PostgreSQL took its password' 'brainctl store --agent carol --text "Likes secrets" && brainctl query --agent carol --json'
ok 'Redis took its, over TCP' 'until_ 10 "brainctl query --agent carol --json | grep -q \"servedFrom\\\":\\\"cache\""'
ok 'the log holds neither' '! journal | grep sesame'
ok 'it stops' 'systemctl stop brain-memoryd.service'

summary
