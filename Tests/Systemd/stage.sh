#!/usr/bin/env bash
# Lays out what scenarios find in the container: stage.sh BINARIES ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
binaries=$1 root=$2

DESTDIR=$root PREFIX=/usr SYSCONFDIR=/etc STRIP=: "$top/systemd/install.sh" install "$binaries"
# A test's program, so only a build of the tests has it.
client=$binaries/restart-client
[[ -e $client ]] || client=$top/.build/debug/restart-client
install -D -m 755 "$client" "$root/opt/systemd-test/restart-client"
install -D -m 644 "$here/restart_clients.py" "$root/opt/systemd-test/restart_clients.py"
basename "$(realpath "$binaries")" >"$root/opt/systemd-test/build"
install -D -m 644 "$here/lib.sh" "$root/opt/systemd-test/lib.sh"
for script in memory_client fairness; do
    install -D -m 644 "$top/Tests/Scripts/$script.py" "$root/opt/systemd-test/$script.py"
done
