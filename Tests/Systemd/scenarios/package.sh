#!/usr/bin/env bash
# The package on a bare Debian without Swift: installed, upgraded, removed, installed again, purged.
# needs: packages
source /opt/systemd-test/lib.sh
export DEBIAN_FRONTEND=noninteractive
old=$(ls packages/brain-memoryd_0*.deb) new=$(ls packages/brain-memoryd_999*.deb)
data=/var/lib/brain-memoryd

# Whether the daemon answers within a while.
serves() { until_ 30 'brainctl health >/dev/null'; }
# Whether the memory that was stored first is found.
remembers() { brainctl query --agent alice | grep -q 'Likes tea'; }
active() { systemctl --quiet is-active "$@"; }

ok 'there is no Swift here' '! ldconfig -p | grep swift && ! find / -xdev -name "libswift*" -not -path "/proc/*" | grep .'
ok 'the package installs and asks nothing' 'dpkg -i "$old" </dev/null'
ok 'the programs find all their libraries' '! ldd /usr/sbin/brain-memoryd /usr/bin/brainctl | grep "not found"'
ok 'the service and the socket are enabled' 'systemctl is-enabled brain-memoryd.service brain-memoryd.socket'
ok 'it serves at once' serves
ok 'it stores' 'brainctl store --agent alice --text "Likes tea"'
ok 'it finds' remembers
ok 'it caches in a Redis of its own' 'brainctl query --agent alice --json; brainctl query --agent alice --json | grep -q "\"servedFrom\":\"cache\""'
equal 'the configuration is for the daemon alone' "$(stat -c '%a %U %G' "$configuration" /etc/brain-memoryd)" \
    $'640 root brain-memoryd\n750 root brain-memoryd'
equal 'so are the data' "$(stat -c '%a %U' $data)" '700 brain-memoryd'
ok 'the files are what was packed' 'dpkg --verify brain-memoryd; [[ -z $(dpkg --verify brain-memoryd) ]]'
users member:brain-memoryd stranger
ok 'a member of the group may call' 'as member brainctl ping'
ok 'a stranger may not' '! as stranger brainctl ping'

# A second store: its unit is no part of the package, and is treated like the others.
echo 'managed.directory: /var/lib/brain-memoryd-second' >/etc/brain-memoryd/second.yaml
chgrp brain-memoryd /etc/brain-memoryd/second.yaml
ok 'a second store is enabled, with its socket' 'systemctl enable --now brain-memoryd@second.service && systemctl --quiet is-enabled brain-memoryd@second.socket && active brain-memoryd@second.socket'
second=$(prop brain-memoryd@second.service MainPID)

# Calls one after the other, each over a connection of its own, until the file "enough" is there. In Perl, which a bare
# Debian has.
cat >caller.pl <<'PERL'
use IO::Socket::UNIX;
my ($answered, $refused, $closed) = (0, 0, 0);
until (-e "enough") {
    my $socket = IO::Socket::UNIX->new(Peer => $ENV{BRAIN_SOCKET}) or do { $refused++; next };
    $socket->syswrite(pack "N/a*", '{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {}}');
    $socket->sysread(my $header, 4) ? $answered++ : $closed++;
}
print "$refused refused, $answered answered, $closed closed";
PERL
echo 'log.level: notice' >>"$configuration"
before=$(prop brain-memoryd.service MainPID)
perl caller.pl >calls &
ok 'it is upgraded and asks nothing' 'dpkg -i "$new" </dev/null'
ok 'it serves after the upgrade' serves
touch enough
wait
ok 'the new daemon runs' '[[ $(prop brain-memoryd.service MainPID) != "$before" ]]'
ok 'in the second store too' 'until_ 30 "brainctl ping --socket /run/brain-memoryd-second/brain.sock" && [[ $(prop brain-memoryd@second.service MainPID) != "$second" ]]'
ok 'the configuration was kept' 'grep -q "^log.level: notice" "$configuration"'
ok 'what was stored is found' remembers
ok "no connection was refused meanwhile: $(<calls)" '[[ $(<calls) == "0 refused, "[1-9]* ]]'

ok 'it is removed' 'dpkg -r brain-memoryd </dev/null'
ok 'nothing of it runs' '! active brain-memoryd.service && ! active brain-memoryd.socket && ! active brain-memoryd@second.socket && [[ -z $(ps -u brain-memoryd -o pid= 2>/dev/null) ]]'
ok 'its programs are gone, its data and configuration are kept' '[[ ! -e /usr/sbin/brain-memoryd && -d $data/postgres && -e $configuration ]]'
ok 'it is installed again' 'dpkg -i "$new" </dev/null && serves'
ok 'what was stored is found again' remembers

ok 'it is purged' 'systemctl disable brain-memoryd@second.service; dpkg -P brain-memoryd </dev/null >purged'
ok 'the memories are kept, and that is said' '[[ -d $data/postgres ]] && grep -q "$data" purged'
ok 'nothing else is left' '[[ ! -e /etc/brain-memoryd && ! -e /run/brain-memoryd && -z $(find /usr /etc /lib/systemd -name "*brain*memoryd*" ! -path "/etc/systemd/system/harness*" 2>/dev/null | tee /dev/stderr) ]]'
ok 'it is installed after the purge' 'dpkg -i "$old" </dev/null && serves'
ok 'what was stored is found even then' remembers

summary
