#!/usr/bin/env bash
# Makes a bare Debian 12 with systemd and what the package depends on and recommends, and nothing else: no Swift, no
# compiler. Prints its folder. It is kept for the next time, below the user's cache folder.
#
#   bare-root.sh PACKAGE.deb
set -euo pipefail
needed=$(dpkg-deb -f "$1" Depends Recommends | sed 's/^[A-Za-z]*: //' | tr ',\n' '  ' | sed 's/([^)]*)//g')
names=(systemd dbus)
for name in $needed; do names+=("$name"); done
key=$(printf '%s\n' bookworm "${names[@]}" | sha256sum | cut -c 1-12)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/brain-memoryd
root=$cache/bare-root-$key
if [[ ! -d $root ]]; then
    mkdir -p "$cache"
    log=$cache/bare-root.log
    # The machine's own mirror.
    mirror=$(sed -n 's/^URIs: *\([^ ]*debian\)\/*$/\1/p; s/^deb \(\[[^]]*\] \)*\([^ ]*debian\)\/* .*/\2/p' \
        /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1 || true)
    building=$root.new-$$
    trap 'rm -rf "$building"' EXIT
    mmdebstrap --mode=root --variant=minbase --include="$(IFS=,; echo "${names[*]}")" --dpkgopt=force-unsafe-io \
        --aptopt='APT::Install-Recommends "false"' bookworm "$building" ${mirror:+"$mirror"} >"$log" 2>&1 </dev/null ||
        { tail -n 20 "$log" >&2; echo "no bare Debian could be made" >&2; exit 1; }
    rm -rf "$cache"/bare-root-????????????
    mv -T "$building" "$root" 2>/dev/null || [[ -d $root ]]
fi
echo "$root"
