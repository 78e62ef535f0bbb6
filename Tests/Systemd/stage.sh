#!/usr/bin/env bash
# Lays out what scenarios find in the container: stage.sh BINARIES ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
binaries=$1 root=$2

install -D -m 755 "$binaries/brain-memoryd" "$root/usr/sbin/brain-memoryd"
install -D -m 755 "$binaries/brainctl" "$root/usr/bin/brainctl"
for unit in "$top"/systemd/*.{service,socket}; do
    install -D -m 644 "$unit" "$root/usr/lib/systemd/system/$(basename "$unit")"
done
# Until the daemon notifies and takes the socket from systemd, its units are changed to do without.
if ! grep -q READY= -r "$top/Sources/brain-memoryd" "$top/Sources/SystemdDriver/Notif"* 2>/dev/null; then
    sed -i -e 's/^Type=notify/Type=exec/; s/^WatchdogSec=.*//; /^Requires=/d' "$root"/usr/lib/systemd/system/*.service
fi
install -D -m 644 "$top/systemd/brain-memoryd.sysusers" "$root/usr/lib/sysusers.d/brain-memoryd.conf"
install -D -m 644 "$top/systemd/brain-memoryd.tmpfiles" "$root/usr/lib/tmpfiles.d/brain-memoryd.conf"
if [[ -e $top/systemd/brain-memoryd.catalog ]]; then
    install -D -m 644 "$top/systemd/brain-memoryd.catalog" "$root/usr/lib/systemd/catalog/brain-memoryd.catalog"
fi
install -D -m 640 "$top/config/brain-memoryd.yaml" "$root/etc/brain-memoryd/brain-memoryd.yaml"
install -D -m 644 "$here/lib.sh" "$root/opt/systemd-test/lib.sh"
install -D -m 644 "$top/Tests/Scripts/memory_client.py" "$root/opt/systemd-test/memory_client.py"
