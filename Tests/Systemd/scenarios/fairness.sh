#!/usr/bin/env bash
# A user that floods the daemon with all it has at most doubles the p99 of another user's calls. That is for a release: a
# debug build, which is what most runs of the tests have, takes several times as long over all that the flood sends, and
# must not starve the other user there.
# timeout: 180
# alone
source /opt/systemd-test/lib.sh

configure <<'YAML'
managed.directory: /var/lib/brain-memoryd
socket.mode: 0666
backups.base: off
backups.dump: off
backups.wal: off
backups.dump_after_writes: 0
YAML
# The socket is systemd's when its unit is used; here the daemon makes its own, for everyone.
ok 'the service starts' 'systemctl start brain-memoryd.service && until_ 30 "brainctl health >/dev/null"'
ok 'everyone may connect' 'chmod 755 /run/brain-memoryd && chmod 666 /run/brain-memoryd/brain.sock'
limit=2
[[ $(</opt/systemd-test/build) == release ]] || limit=6
python3 /opt/systemd-test/fairness.py /run/brain-memoryd/brain.sock 5 4 "$limit" >/run/fairness.txt 2>&1
status=$?
sed 's/^/     /' /run/fairness.txt
ok "the p99 of one user grows at most $limit times while another floods" '(( status == 0 ))'

summary
