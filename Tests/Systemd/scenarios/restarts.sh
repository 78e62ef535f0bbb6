#!/usr/bin/env bash
# Fifty restarts under load through the socket unit: nobody is refused, nothing acknowledged is lost, every request is
# answered or can be sent again, and programs that use BrainClient notice nothing.
# timeout: 240
source /opt/systemd-test/lib.sh

restarts=50
work=$(mktemp -d)

ok "an operator's PostgreSQL starts" operator_postgres
ok 'the daemon starts' operator_daemon

python3 /opt/systemd-test/restart_clients.py "$BRAIN_SOCKET" "$work/ledger" 8 >"$work/clients" 2>&1 &
clients=$!
/opt/systemd-test/restart-client "$BRAIN_SOCKET" "$work/end" >"$work/program" 2>&1 &
program=$!
# Programs that come, call and go.
(
    while [[ ! -e $work/end ]]; do
        brainctl store --agent commands --text "through restarts" >/dev/null 2>>"$work/command-errors" &&
            echo stored >>"$work/commands"
    done
) &
commands=$!
seq 20000 | sed 's/.*/{"id":"i&","agentId":"import","context":{"number":&}}/' >"$work/import.jsonl"
(
    while [[ ! -e $work/end ]]; do
        brainctl import "$work/import.jsonl" >/dev/null 2>>"$work/import-output" || echo failed >>"$work/imports"
    done
) &
imports=$!

failures=0
for ((number = 1; number <= restarts; number++)); do
    systemctl restart brain-memoryd.service || failures=$(( failures + 1 ))
    sleep 0.2
done
equal 'every restart succeeds' "$failures" 0
touch "$work/end"
kill -TERM "$clients"
wait "$clients" "$commands" "$imports" "$program"

printf 'raw clients: %s\n' "$(head -n 1 "$work/clients")"
figure() { sed -n "1s/.*\"$1\": \([0-9]*\).*/\1/p" "$work/clients"; }
equal 'no connection was refused' "$(figure refused)" 0
equal 'every request that was sent whole was answered' "$(figure unanswered)" 0
equal 'what was not carried out could be sent again' "$(figure final)" 0
ok 'and there was load' '(( $(figure acknowledged) > 1000 && $(figure connections) > 8 * restarts / 2 ))'
[[ $(wc -l <"$work/clients") == 1 ]] || cat "$work/clients"
ok 'no acknowledged write was lost' \
    'as postgres psql -qXAt -d brain -c "SELECT id FROM brain_memories WHERE agent_id = '\''restarts'\''" | sort >"$work/held"
     sort "$work/ledger" | comm -23 - "$work/held" >"$work/lost"; [[ ! -s $work/lost ]] || { head "$work/lost"; false; }'
printf 'BrainClient: %s\n' "$(head -n 1 "$work/program")"
ok 'a program with BrainClient saw no error' 'grep -q "errors 0$" "$work/program" || { cat "$work/program"; false; }'
ok 'brainctl saw no error' '[[ ! -s $work/command-errors ]] || { head "$work/command-errors"; false; }'
ok 'and stored what it said that it stored' \
    '[[ $(brainctl count --agent commands) == $(wc -l <"$work/commands") ]]'
ok 'no import failed' '[[ ! -e $work/imports ]] || { tail -n 20 "$work/import-output"; false; }'

summary
