#!/usr/bin/env bash
# The log in the journal: fields, explanations, no memory contents, and an outage of a minute in a few lines.
# timeout: 200
source /opt/systemd-test/lib.sh

# message_id EVENT: the message id of that event's newest entry, which must be there.
message_id() { journal -o json -n 1 "EVENT=$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["MESSAGE_ID"])'; }

# field EVENT NAME: a field of that event's newest entry.
field() {
    journal -o json -n 1 "EVENT=$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

# call UID METHOD [PARAMETERS]: one call by that user, which may fail; what came of it.
call() {
    setpriv --reuid "$1" --regid "$1" --clear-groups -- python3 - "$BRAIN_SOCKET" "$2" "${3:-"{}"}" <<'PYTHON'
import json, sys
from memory_client import Client
try:
    print(Client(sys.argv[1]).call(sys.argv[2], **json.loads(sys.argv[3])))
except RuntimeError as error:
    print("refused:", error)
PYTHON
}

sql() { as postgres psql -qXAt -d brain -c "$1"; }

ok 'journald takes the catalog' '[[ -z $(journalctl --update-catalog 2>&1 | tee /dev/stderr) ]]'
ok 'and has every entry of it' \
    '(( $(journalctl --list-catalog | grep -c "brain-memoryd:") == $(grep -c ^-- /usr/lib/systemd/catalog/brain-memoryd.catalog) ))'
operator_postgres
drop_in brain-memoryd.socket everyone <<'CONF'
[Socket]
SocketMode=0666
CONF
operator_daemon
chmod 666 "$BRAIN_SOCKET"

echo '-- fields'
ok 'the daemon is ready by an entry of its own' '[[ $(message_id ready) == 40b402c3ae5a4d2d85b6212bd69c795e ]]'
for expected in PRIORITY=5 SYSLOG_IDENTIFIER=brain-memoryd _SYSTEMD_UNIT=brain-memoryd.service _TRANSPORT=journal; do
    equal "ready: $expected" "$(field ready "${expected%%=*}")" "${expected#*=}"
done
ok 'ready: the place in the program' '[[ $(field ready CODE_FILE) == brain_memoryd/*.swift && $(field ready CODE_LINE) -gt 1 && -n $(field ready CODE_FUNC) ]]'

call 4242 store '{"record": {"id": "m1", "agentId": "alice", "context": {"text": "zebra-crossing"}, "tags": ["zebra-tag"]}}' >/dev/null
call 4242 cleanupExpired >/dev/null
for expected in PEER_UID=4242 PEER_GID=4242 METHOD=cleanupExpired OUTCOME=refused ERROR_KIND=permission_denied PRIORITY=5; do
    equal "a refused administrative call: $expected" "$(field administrative-call "${expected%%=*}")" "${expected#*=}"
done
call 0 cleanupExpired >/dev/null
for expected in PEER_UID=0 METHOD=cleanupExpired OUTCOME=done; do
    equal "an administrative call: $expected" "$(field administrative-call "${expected%%=*}")" "${expected#*=}"
done
ok 'an administrative call: the process, the request, the duration' \
    '[[ $(field administrative-call PEER_PID) -gt 1 && $(field administrative-call DURATION_USEC) -gt 0 &&
        $(field administrative-call REQUEST_ID) =~ ^[0-9a-f]{16}$ ]]'

sql "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN
    RAISE EXCEPTION 'not today' USING ERRCODE = 'P0815', DETAIL = NEW::text; END\$\$;
    CREATE TRIGGER refuse BEFORE INSERT ON brain_memories FOR EACH ROW EXECUTE FUNCTION refuse()"
call 4242 store '{"record": {"id": "m2", "agentId": "bob", "context": {"text": "zebra-crossing"}}}' >/dev/null
sql 'DROP FUNCTION refuse CASCADE'
for expected in SQLSTATE=P0815 ERROR_KIND=internal AGENT_ID=bob METHOD=store PEER_UID=4242 PRIORITY=3; do
    equal "an internal error: $expected" "$(field internal-error "${expected%%=*}")" "${expected#*=}"
done

sql 'BEGIN; LOCK TABLE brain_memories IN EXCLUSIVE MODE; SELECT pg_sleep(1.5); COMMIT' >/dev/null &
until_ 5 '[[ $(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '\''%EXCLUSIVE%'\'' AND pid <> pg_backend_pid()") == 1 ]]'
call 4242 store '{"record": {"id": "m3", "agentId": "alice", "context": {"text": "zebra-crossing"}}}' >/dev/null
wait $!
for expected in METHOD=store AGENT_ID=alice PRIORITY=4; do
    equal "a slow request: $expected" "$(field slow-request "${expected%%=*}")" "${expected#*=}"
done
ok 'a slow request: how long it took' '[[ $(field slow-request DURATION_USEC) -gt 1000000 ]]'
ok 'the message says the essential by itself' \
    'journal -o cat | grep -E "^slow request: store by uid 4242 for agent alice took [0-9.]+ s"'

echo '-- explanations'
ok 'journalctl -x explains a slow request' 'journal -x EVENT=slow-request | grep -q "store of uid 4242 took"'
ok 'journalctl -x says what to do' 'journal -x EVENT=internal-error | grep -q "Please report the message"'

if [[ $(prop brain-memoryd.service Type) == notify ]]; then
    echo '-- reload'
    ok 'no entries at debug' '! journal -p debug -o json | grep -q "\"PRIORITY\":\"7\""'
    echo 'log.level: debug' >>"$configuration"
    ok 'the configuration is reloaded' 'systemctl reload brain-memoryd.service'
    call 4242 ping >/dev/null
    ok 'entries at debug from then on' 'until_ 5 "journal -p debug -o json EVENT=connection-opened | grep -q PEER_UID"'
    sed -i '/^log.level/d' "$configuration"
    ok 'the configuration is reloaded again' 'systemctl reload brain-memoryd.service'
fi

echo '-- a journald that takes nothing'
cat >/root/administrator.py <<'PYTHON'
import sys, time
from memory_client import Client
client, slowest = Client(sys.argv[1]), 0
for number in range(3000):
    began = time.time()
    client.call("cleanupExpired")
    slowest = max(slowest, time.time() - began)
print(f"the slowest of 3000 calls took {slowest * 1000:.0f} ms")
sys.exit(slowest > 1)
PYTHON
journald=$(prop systemd-journald.service MainPID)
kill -STOP "$journald"
ok 'no call waits for it, though each has its entry' 'python3 /root/administrator.py "$BRAIN_SOCKET"'
kill -CONT "$journald"
ok 'what was lost is told' 'until_ 10 "journal EVENT=entries-lost | grep -q \"log entries were lost\""'

echo '-- an outage of a minute: an operator'"'"'s PostgreSQL, and a private one that can not start again'
cat >/etc/brain-memoryd/private.yaml <<'YAML'
managed.directory: /var/lib/brain-memoryd-private
YAML
systemctl start brain-memoryd@private.service
private=/run/brain-memoryd-private/brain.sock
ok 'a private instance serves' 'until_ 60 "brainctl --socket $private health || brainctl --socket $private stats"'
# Its first backups are of no interest here.
until_ 30 'journalctl -u brain-memoryd@private.service --no-pager | grep -q "worker backup-base finished"'
cat >/root/load.py <<'PYTHON'
import sys, time
from memory_client import Client
end, answered, refused, number = time.time() + float(sys.argv[2]), 0, 0, 0
while time.time() < end:
    try:
        client = Client(sys.argv[1])
        while time.time() < end:
            number += 1
            try:
                client.call("store", record={"agentId": "load", "context": {"text": "zebra-crossing"}})
                client.call("query", agentId="load", limit=2)
                answered += 2
            except RuntimeError:
                refused += 1
            time.sleep(0.002)
    except OSError:
        time.sleep(0.05)
print(answered, refused)
PYTHON
journalctl --sync
began=$(date +%s.%N)
loads=()
for socket in "$BRAIN_SOCKET" "$private"; do
    for number in 1 2; do
        python3 /root/load.py "$socket" 66 >"/root/load-$(basename "$(dirname "$socket")")-$number" &
        loads+=($!)
    done
done
sleep 2
cluster=/var/lib/brain-memoryd-private/postgres
mv "$cluster/global/pg_control" "$cluster/global/pg_control.away"
systemctl stop postgresql.service
kill -KILL "$(head -n 1 "$cluster/postmaster.pid")"
sleep 60
mv "$cluster/global/pg_control.away" "$cluster/global/pg_control"
systemctl start postgresql.service
wait "${loads[@]}"
ok 'the operator'"'"'s PostgreSQL serves again' 'until_ 30 "brainctl query --agent load --limit 1"'
ok 'the private PostgreSQL serves again' 'until_ 60 "brainctl --socket $private query --agent load --limit 1"'
journalctl --sync
for unit in brain-memoryd.service brain-memoryd@private.service; do
    journalctl --no-pager -o cat -u "$unit" --since "@$began" SYSLOG_IDENTIFIER=brain-memoryd >"/root/$unit.log"
    count=$(journalctl --no-pager -o json -u "$unit" --since "@$began" SYSLOG_IDENTIFIER=brain-memoryd | wc -l)
    ok "$unit: fewer than 20 entries, $count" '(( count < 20 )) || { cat "/root/$unit.log"; false; }'
    ok "$unit: they say what was left out" 'grep -E "request-failed: [0-9]+ more like this in the last [0-9]+ s \(store_unavailable" "/root/$unit.log"'
    ok "$unit: many requests were refused meanwhile" \
        'cat /root/load-*; awk "{ sum += \$2 } END { exit !(sum > 1000) }" /root/load-*'
done

ok 'no memory contents are in the journal' '! journalctl --no-pager -o export -u "brain-memoryd*" | grep -a zebra'

summary
