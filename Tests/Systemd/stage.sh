#!/usr/bin/env bash
# Lays out what scenarios find in the container: stage.sh BINARIES ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
binaries=$1 root=$2

DESTDIR=$root PREFIX=/usr SYSCONFDIR=/etc STRIP=: "$top/systemd/install.sh" install "$binaries"
install -D -m 755 "$binaries/restart-client" "$root/opt/systemd-test/restart-client"
install -D -m 644 "$here/restart_clients.py" "$root/opt/systemd-test/restart_clients.py"
install -D -m 644 "$here/lib.sh" "$root/opt/systemd-test/lib.sh"
install -D -m 644 "$top/Tests/Scripts/memory_client.py" "$root/opt/systemd-test/memory_client.py"
