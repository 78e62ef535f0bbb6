#!/usr/bin/env bash
# The life of the service as an operator sees it through systemctl: start, reload, restart, stop, a crash, a hang, a bad
# configuration, and a PostgreSQL that is not there yet.
# timeout: 240
source /opt/systemd-test/lib.sh

unit=brain-memoryd.service
status() { systemctl status --no-pager "$unit"; }
state() { echo "$(prop "$unit" ActiveState)/$(prop "$unit" SubState)"; }
text() { prop "$unit" StatusText; }
pid() { prop "$unit" MainPID; }

# freeze PID THREAD: stops one thread of a process, as a hang would, until this shell ends it (ptrace(2)).
freeze() {
    python3 - "$1" "$2" <<'PYTHON' &
import ctypes, os, sys
pid, name = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
for task in os.listdir(f"/proc/{pid}/task"):
    if open(f"/proc/{pid}/task/{task}/comm").read().startswith(name):
        seize, interrupt = 0x4206, 0x4207
        for request in (seize, interrupt):
            if libc.ptrace(request, int(task), None, None) != 0:
                sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")
        # Its end is to be taken note of; else the kernel would keep the process for us.
        while True:
            status = os.waitpid(int(task), 0x40000000)[1]
            if not os.WIFSTOPPED(status):
                break
        sys.exit()
sys.exit(f"no thread {name} in {pid}")
PYTHON
}

# A shorter limit, so that waiting for it does not take long.
limit=3
drop_in "$unit" watchdog <<CONF
[Service]
WatchdogSec=${limit}s
CONF

ok 'an operator'\''s PostgreSQL starts' operator_postgres
configure <<'CONF'
postgres.url: "postgresql:///brain?host=/run/postgresql"
log.level: info
CONF

# Start
ok 'it starts, and is ready when that returns' 'systemctl start $unit && brainctl health'
equal 'it is running' "$(state)" active/running
ok 'its status says that it serves' 'until_ 2 "[[ \$(text) == Serving* ]]"'
for number in 1 2 3; do brainctl store --agent alice --text "number $number" >/dev/null; done
brainctl worker run stats-refresh >/dev/null
ok 'and soon what it holds, without being asked' 'until_ 15 "[[ \$(text) == \"Serving 3 memories of 1 agent\"* ]]"'
ok 'systemctl status shows it' 'status | grep -q "Status: \"Serving 3 memories of 1 agent"'
ok 'the journal knows when it was ready' 'journal -o json | grep -q 40b402c3ae5a4d2d85b6212bd69c795e'

# The life signs of a daemon that is busy with nothing are enough.
first=$(pid)
sleep $(( limit + 2 ))
equal 'idle, the watchdog leaves it alone' "$(pid)" "$first"

# Reload
users carl
as carl brainctl --help >/dev/null
chmod 666 /run/brain-memoryd/brain.sock
ok 'without rules any user may write' 'as carl brainctl store --agent bob --text hello'
configure <<'CONF'
postgres.url: "postgresql:///brain?host=/run/postgresql"
postgres.pool_size: 5
log.level: debug
access.rules: ["user:carl read:*"]
CONF
ok 'it reloads' 'systemctl reload $unit && until_ 5 "[[ \$(state) == active/running ]]"'
equal 'as the same process' "$(pid)" "$first"
ok 'the new rules hold' '! as carl brainctl store --agent bob --text hello && as carl brainctl query --agent bob'
ok 'the journal names what changed' \
    'journal | grep -q "configuration reloaded: in force now: access.rules, log.level; changed, but only a restart applies: postgres.pool_size"'
ok 'the status names what a restart applies' 'until_ 10 "[[ \$(text) == *\"a restart applies postgres.pool_size\"* ]]"'
printf 'postgres.url: "postgresql:///brain?host=/run/postgresql"\nlog.level: loud\naccess.rules: []\n' | configure
ok 'a reload of a bad file changes nothing' 'systemctl reload $unit; until_ 5 "[[ \$(state) == active/running ]]" &&
    ! as carl brainctl store --agent bob --text hello'
ok 'the journal says where the mistake is, as an error' \
    'journal -p err | grep -q "brain-memoryd.yaml:2: log.level"'
ok 'and so does the status' 'until_ 10 "[[ \$(text) == *\"reload refused\"*\"brain-memoryd.yaml:2: log.level\"* ]]"'
equal 'still the same process' "$(pid)" "$first"

# Restart with that file: a bad configuration
systemctl restart "$unit" 2>/dev/null
ok 'a bad configuration fails with 78' 'until_ 5 "[[ \$(state) == failed/failed ]]" && [[ $(prop $unit ExecMainStatus) == 78 ]]'
ok 'systemctl status shows why' 'status | grep -q "log.level"'
ok 'it is not started again and again' '[[ $(prop $unit NRestarts) == 0 ]]'
configure <<'CONF'
postgres.url: "postgresql:///brain?host=/run/postgresql"
CONF
ok 'with the mistake mended it starts' 'systemctl reset-failed $unit; systemctl start $unit && brainctl count --agent alice'

# A crash
crashed=$(pid)
kill -SEGV "$crashed"
ok 'after a crash it is started again' \
    'until_ 20 "[[ \$(pid) != 0 && \$(pid) != $crashed && \$(state) == active/running ]]"'
ok 'and serves what it held' 'brainctl query --agent alice --json | grep -q "number 3"'
ok 'systemctl status shows that it crashed' 'journal | grep -q "status=11/SEGV\|dumped, status=11"'

# hang WHAT THREAD: stops a thread, and expects the watchdog.
hang() {
    local before began after
    before=$(pid)
    began=${EPOCHREALTIME/./}
    freeze "$before" "$2"
    local tracer=$!
    ok "a hang of $1 ends it" "until_ 20 '[[ \$(pid) != $before ]]'"
    after=$(( (${EPOCHREALTIME/./} - began) / 1000 ))
    ok "within the limit and 2 s ($after ms)" "(( after <= (limit + 2) * 1000 ))"
    ok 'the journal says which limit' 'journal | grep -q "Watchdog timeout"'
    ok 'it serves again' "until_ 20 '[[ \$(state) == active/running ]]' && brainctl count --agent alice"
    kill "$tracer" 2>/dev/null
    wait "$tracer" 2>/dev/null
}
hang 'an event loop' NIO-ELT-
ok 'the journal names the part that hung' 'journal | grep -q "has not turned for .*event loop"'
systemctl kill --kill-whom=main --signal=STOP "$unit"
stopped=$(pid)
ok 'a daemon that is stopped as a whole is started again' \
    "until_ $(( limit + 4 )) '[[ \$(pid) != $stopped ]]' && until_ 20 '[[ \$(state) == active/running ]]'"

# A PostgreSQL that hangs is no hang of the daemon.
hung=$(pid)
systemctl kill --signal=STOP postgresql.service
for number in 1 2 3 4; do brainctl count --agent alice >/dev/null 2>&1 & done
sleep $(( limit + 3 ))
equal 'a PostgreSQL that hangs is no reason to end it' "$(pid)" "$hung"
ok 'the status names it' 'until_ 10 "[[ \$(text) == *\"no PostgreSQL\"* ]]"'
systemctl kill --signal=CONT postgresql.service
wait
ok 'it goes on by itself' 'until_ 15 "brainctl count --agent alice"'

# Stop
ok 'it stops' 'systemctl stop $unit brain-memoryd.socket'
equal 'in good order' "$(state) $(prop $unit Result)" 'inactive/dead success'

# PostgreSQL absent at the start
systemctl stop postgresql.service
systemctl start brain-memoryd.socket
systemctl start --no-block "$unit"
ok 'without PostgreSQL it goes on starting' 'until_ 5 "[[ \$(state) == activating/start ]]"'
ok 'systemctl status says what it waits for' \
    'until_ 5 "[[ \$(text) == \"Waiting for PostgreSQL: \"* ]]" && status | grep -q "Waiting for PostgreSQL"'
ok 'callers are told, and not refused' \
    'until_ 10 "brainctl count --agent alice 2>&1 | grep -q \"PostgreSQL is not ready\""'
waiting=$(pid)
sleep 2
equal 'it is the same process still' "$(pid) $(state)" "$waiting activating/start"
systemctl start postgresql.service
ok 'when PostgreSQL arrives it is ready by itself' 'until_ 5 "[[ \$(state) == active/running ]]" && brainctl count --agent alice'
equal 'as the same process' "$(pid)" "$waiting"

# A start that lasts longer than systemd would wait
systemctl stop "$unit" postgresql.service
drop_in "$unit" patience <<'CONF'
[Service]
TimeoutStartSec=15s
CONF
systemctl start --no-block "$unit"
ok 'it is starting' 'until_ 5 "[[ \$(state) == activating/start ]]"'
long=$(pid)
sleep 18
equal 'a start that goes on is not cut off' "$(pid) $(state)" "$long activating/start"
systemctl stop "$unit"
equal 'and can be stopped' "$(state)" inactive/dead

summary
