#!/usr/bin/env bash
# The sandbox with managed mode in it: how tight it is, who callers are seen as, backups and WAL, a restore, a second store.
# timeout: 180
source /opt/systemd-test/lib.sh

users alice:brain-memoryd bob:brain-memoryd carol:brain-memoryd
groupadd agents
usermod -a -G agents bob
configure <<'YAML'
managed.directory: /var/lib/brain-memoryd
access.rules:
  - "user:alice read:* write:alice"
  - "group:agents read:team-* write:team-*"
YAML

# Runs as a part of the service, in its sandbox, before the daemon: what the sandbox lets through. Each line is what must
# not be possible; "open" after it says that it was.
cat >probe.py <<'PYTHON'
import ctypes, mmap, os, socket

def attempt(what, action):
    try:
        action()
        print(f"{what}: open")
    except (OSError, RuntimeError) as error:
        print(f"{what}: {type(error).__name__}")

def call(name, *arguments):
    if ctypes.CDLL(None, use_errno=True)[name](*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)

def readable_others():
    own = os.getuid()
    if not any(entry.isdigit() and os.stat(f"/proc/{entry}").st_uid != own for entry in os.listdir("/proc")):
        raise RuntimeError("none")

attempt("writing to /etc", lambda: open("/etc/probe", "w"))
attempt("writing to /usr", lambda: open("/usr/probe", "w"))
attempt("writing to /var/lib", lambda: open("/var/lib/probe", "w"))
attempt("reading /root", lambda: os.listdir("/root"))
attempt("a TCP socket", lambda: socket.socket(socket.AF_INET))
attempt("a netlink socket", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("memory to write and execute", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC))
attempt("a user namespace", lambda: call("unshare", 0x10000000))
attempt("other users' processes", readable_others)
attempt("the kernel's settings", lambda: open("/proc/sys/kernel/hostname"))
attempt("the disk", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0)))
attempt("becoming root", lambda: os.setuid(0))
PYTHON
chmod 755 probe.py /opt/systemd-test
drop_in brain-memoryd.service probe <<'CONF'
[Service]
ExecStartPre=/bin/sh -c '/usr/bin/python3 /opt/systemd-test/probe.py >/var/lib/brain-memoryd/probe 2>&1'
CONF

ok 'the service starts, with a PostgreSQL and a Redis of its own' 'systemctl start brain-memoryd.service'
ok 'it is well' 'until_ 30 "brainctl health >/dev/null"'
ok 'the sandbox lets nothing through' 'cat /var/lib/brain-memoryd/probe; [[ $(wc -l </var/lib/brain-memoryd/probe) == 12 ]] && ! grep -v ": [A-Za-z]*Error$" /var/lib/brain-memoryd/probe'
for unit in brain-memoryd.service brain-memoryd@second.service; do
    ok "the exposure of $unit is at most 1.0" "systemd-analyze security --no-pager --threshold=10 $unit | tail -n 1"
    echo "     $(systemd-analyze security --no-pager $unit | tail -n 1)"
done
equal 'nothing of it runs as root' "$(ps -o user= -p "$(paste -sd , /sys/fs/cgroup/system.slice/brain-memoryd.service/cgroup.procs)" | sort -u)" brain-memoryd

# Who calls is what the kernel says, groups included.
store() { as "$1" brainctl store --agent "$2" --text "By $1"; }
ok 'alice writes as alice' 'store alice alice'
ok 'alice does not write as bob' '! store alice bob'
ok 'bob writes as his group may' 'store bob team-1'
ok 'bob does not write as alice' '! store bob alice'
ok 'bob does not read of alice' '! as bob brainctl query --agent alice | grep "By alice"'
ok 'alice reads of all' 'as alice brainctl query --agent team-1 | grep "By bob"'
ok 'carol, whom no rule matches, does nothing' '! store carol carol && ! as carol brainctl query --agent alice | grep "By alice"'
ok 'carol may not look at backups' '! as carol brainctl backup'

# Backups.
result() { brainctl workers | sed -n "s/^$1 .*  \(ok\|running\)/\1/p" | grep '^ok'; }
ok 'a dump is made' 'brainctl backup now && brainctl backup'
ok 'a base backup is made' 'brainctl backup now --base'
ok 'WAL is streamed' 'until_ 20 "result wal-stream | grep -q streaming"'
ok 'backups are verified' 'brainctl backup verify'
ok 'a dump is restored on the side' 'brainctl backup drill'
ok 'PostgreSQL saw no reason to complain' '! journal -p warning | grep -i "permission\|not permitted\|denied"'

# At 3 a.m.
ok 'the cluster is lost' 'store alice alice; until_ 10 "brainctl backup | grep -q \"0 B behind\""; systemctl stop brain-memoryd.service brain-memoryd.socket; rm -rf /var/lib/brain-memoryd/postgres'
ok 'it is restored, as the README says' 'runuser -u brain-memoryd -- brain-memoryd restore --config "$configuration"'
ok 'it serves again' 'systemctl start brain-memoryd.service && until_ 30 "brainctl health >/dev/null"'
equal 'and has what it had' "$(brainctl count --agent alice --json)" '{"count":2}'

# A second store beside it.
install -d -m 755 /srv/backups
chown brain-memoryd: /srv/backups
cat >/etc/brain-memoryd/second.yaml <<'YAML'
managed.directory: /var/lib/brain-memoryd-second
managed.redis: off
backups.directory: /srv/backups
YAML
chmod 644 /etc/brain-memoryd/second.yaml
drop_in brain-memoryd@second.service backups <<'CONF'
[Service]
ReadWritePaths=/srv/backups
CONF
second=/run/brain-memoryd-second/brain.sock
ok 'its socket is enabled' 'systemctl enable --now brain-memoryd@second.socket'
ok 'the first call starts it' 'brainctl store --socket $second --agent alice --text "In the second"'
equal 'it is a store of its own' "$(brainctl count --socket $second --json)/$(brainctl count --json)" '{"count":1}/{"count":3}'
ok 'its backups are on the other disk' 'until_ 30 "ls -d /srv/backups/dumps/dump-*"'
ok 'it can not write to the first' '! nsenter -t $(prop brain-memoryd@second.service MainPID) -m touch /var/lib/brain-memoryd/x'
ok 'both stop' 'systemctl stop "brain-memoryd@*.socket" "brain-memoryd@*.service" brain-memoryd.socket brain-memoryd.service'
ok 'nothing is left running' '[[ -z $(pgrep -u brain-memoryd -l | tee /dev/stderr) ]]'

summary
