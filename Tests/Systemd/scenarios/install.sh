#!/usr/bin/env bash
# What `make install` and `make uninstall` do on a machine that systemd runs, below /usr/local.
# needs: sources
source /opt/systemd-test/lib.sh
export STRIP=:
installer=source/systemd/install.sh

ok 'it installs' '$installer install source/binaries'
ok 'the units are right' '[[ -z $(systemd-analyze verify brain-memoryd.service brain-memoryd.socket brain-memoryd@x.service brain-memoryd@x.socket 2>&1 | tee /dev/stderr) ]]'
ok 'nothing is started yet' '! systemctl --quiet is-active brain-memoryd.socket && ! systemctl --quiet is-enabled brain-memoryd.service'
ok 'one command starts it' 'systemctl enable --now brain-memoryd.service && until_ 30 "brainctl health >/dev/null"'
ok 'the socket is enabled with it' 'systemctl --quiet is-enabled brain-memoryd.socket && systemctl --quiet is-active brain-memoryd.socket'
equal 'it is the program below /usr/local' "$(readlink "/proc/$(prop brain-memoryd.service MainPID)/exe")" \
    /usr/local/sbin/brain-memoryd
ok 'it stores' 'brainctl store --agent alice --text "Likes tea"'
for page in brainctl brain-memoryd brain-memoryd.yaml; do
    ok "the manual has $page" "man -w $page | grep /usr/local/"
done
ok 'the journal has its catalog' '[[ ! -e source/systemd/brain-memoryd.catalog ]] || journalctl --list-catalog | grep -i memor'

echo 'log.level: notice' >>"$configuration"
before=$(prop brain-memoryd.service MainPID)
ok 'it installs again, over a daemon that runs' '$installer install source/binaries && until_ 30 "brainctl health >/dev/null"'
ok 'which is restarted' '[[ $(prop brain-memoryd.service MainPID) != "$before" ]]'
ok 'a configuration that was there is left as it was' 'grep -q "^log.level: notice" "$configuration"'
equal 'and is for the daemon alone' "$(stat -c '%a %U %G' "$configuration")" '640 root brain-memoryd'

ok 'it uninstalls' '$installer uninstall source/binaries'
ok 'nothing of it runs' '! systemctl --quiet is-active brain-memoryd.service && ! systemctl --quiet is-active brain-memoryd.socket'
ok 'nothing but configuration and data is left' '[[ -z $(find /usr /etc -name "*brain*memoryd*" ! -path "/etc/brain-memoryd*" ! -path "*/source/*" | tee /dev/stderr) && -e $configuration && -d /var/lib/brain-memoryd/postgres ]]'
ok 'installed again, it has what it had' '$installer install source/binaries && systemctl enable --now brain-memoryd.service && until_ 30 "brainctl health >/dev/null" && brainctl query --agent alice | grep "Likes tea"'

summary
