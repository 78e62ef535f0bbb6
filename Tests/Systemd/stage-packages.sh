#!/usr/bin/env bash
# Lays out what scenarios about the package find: stage-packages.sh BINARIES ROOT. They have nothing of the product but
# the packages: of this version, and of a later one that is the same but for its number.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$2
"$here/link-static.sh" "$1" "$root.static"
export STRIP=: DPKG_DEB_FLAGS='-Zzstd -z1'
builds=()
for version in "" 999.0.0; do
    "$here/../../systemd/debian/build.sh" "$root.static" "$root/opt/systemd-test/packages" ${version:+"$version"} >/dev/null &
    builds+=($!)
done
for build in "${builds[@]}"; do wait "$build"; done
rm -rf "$root.static"
install -m 644 "$here/lib.sh" "$here/../Scripts/memory_client.py" "$root/opt/systemd-test/"
