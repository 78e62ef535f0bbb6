#!/usr/bin/env bash
# Puts what was built in place, or takes it away again: install.sh install|uninstall BINARIES
#
#   PREFIX=/usr/local  below which programs, units, manual pages and completions lie
#   SYSCONFDIR=/etc    below which the configuration lies
#   DESTDIR=           a folder that stands for /, for packages: then nothing else is done than to copy
#   STRIP=strip        what makes the programs small; ":" leaves them as they are
#
# A configuration that is there is never replaced, and never removed; nor are the data.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
action=$1
binaries=$2
prefix=${PREFIX:-/usr/local}
sysconfdir=${SYSCONFDIR:-/etc}
root=${DESTDIR:-}
strip=${STRIP:-strip}
zsh=$prefix/share/zsh/site-functions
[[ $prefix != /usr ]] || zsh=$prefix/share/zsh/vendor-completions

# What is installed, each with where it lies.
programs=("brain-memoryd $prefix/sbin/brain-memoryd" "brainctl $prefix/bin/brainctl")
units=(brain-memoryd.service brain-memoryd.socket brain-memoryd@.service brain-memoryd@.socket)
config=$sysconfdir/brain-memoryd/brain-memoryd.yaml
copies=(
    "systemd/brain-memoryd.sysusers $prefix/lib/sysusers.d/brain-memoryd.conf"
    "systemd/brain-memoryd.tmpfiles $prefix/lib/tmpfiles.d/brain-memoryd.conf"
    "systemd/brain-memoryd.catalog $prefix/lib/systemd/catalog/brain-memoryd.catalog"
    "config/brain-memoryd.yaml $prefix/share/doc/brain-memoryd/examples/brain-memoryd.yaml"
    "README.md $prefix/share/doc/brain-memoryd/README.md"
    "CHANGELOG.md $prefix/share/doc/brain-memoryd/changelog"
    "schema/protocol/README.md $prefix/share/doc/brain-memoryd/protocol/README.md"
)
pages=(
    "brain-memoryd manual $prefix/share/man/man8/brain-memoryd.8.gz"
    "brain-memoryd manual brain-memoryd.yaml $prefix/share/man/man5/brain-memoryd.yaml.5.gz"
    "brainctl manual $prefix/share/man/man1/brainctl.1.gz"
)
completions=()
for program in brain-memoryd brainctl; do
    completions+=(
        "$program --generate-completion-script=bash $prefix/share/bash-completion/completions/$program"
        "$program --generate-completion-script=zsh $zsh/_$program"
        "$program --generate-completion-script=fish $prefix/share/fish/vendor_completions.d/$program.fish"
    )
done

# The last word of a line: where it goes.
place() { printf '%s%s' "$root" "${1##* }"; }

# Whether this is the machine itself, and systemd runs it.
live() { [[ -z $root && -d /run/systemd/system ]]; }

install_() {
    local line unit target
    for line in "${programs[@]}"; do
        target=$(place "$line")
        # Beside it first: a program that runs can't be written to, and no one must find half of it.
        install -D -m 755 "$binaries/${line%% *}" "$target.new"
        "$strip" "$target.new"
        mv "$target.new" "$target"
    done
    for unit in "${units[@]}"; do
        target=$root$prefix/lib/systemd/system/$unit
        install -D -m 644 "$top/systemd/$unit" "$target"
        sed -i "s#/usr/sbin/#$prefix/sbin/#" "$target"
    done
    for line in "${copies[@]}"; do
        [[ ! -e $top/${line%% *} ]] || install -D -m 644 "$top/${line%% *}" "$(place "$line")"
    done
    for line in "${pages[@]}"; do
        generate "${line% *}" "$(place "$line")" gzip -9n
    done
    for line in "${completions[@]}"; do
        # Bash reads its script, and does not run it.
        generate "${line% *}" "$(place "$line")" sed '1{/^#!/d}'
    done
    if [[ -e $root$config ]]; then
        echo "$config is there, and is left as it is"
    else
        install -d -m 750 "$root$sysconfdir/brain-memoryd"
        install -m 640 "$top/config/brain-memoryd.yaml" "$root$config"
    fi
    if live; then
        systemd-sysusers brain-memoryd.conf
        systemd-tmpfiles --create brain-memoryd.conf
        journalctl --update-catalog
        systemctl daemon-reload
        systemctl try-restart brain-memoryd.service 'brain-memoryd@*.service'
        echo "to start it, now and with the machine: systemctl enable --now brain-memoryd.service"
    fi
}

# generate "PROGRAM ARGUMENT…" FILE FILTER…: what a program says of itself, as a file.
generate() {
    local words file=$2
    read -ra words <<<"$1"
    mkdir -p "$(dirname "$file")"
    "$binaries/${words[0]}" "${words[@]:1}" | "${@:3}" >"$file"
    chmod 644 "$file"
}

uninstall() {
    local line unit
    if live; then
        systemctl disable --now brain-memoryd.service brain-memoryd.socket || true
        systemctl stop 'brain-memoryd@*.service' 'brain-memoryd@*.socket'
    fi
    for line in "${programs[@]}" "${copies[@]}" "${pages[@]}" "${completions[@]}"; do rm -f "$(place "$line")"; done
    for unit in "${units[@]}"; do rm -f "$root$prefix/lib/systemd/system/$unit"; done
    rm -rf "$root$prefix/share/doc/brain-memoryd"
    if live; then
        systemctl daemon-reload
        journalctl --update-catalog
    fi
    echo "left in place: $sysconfdir/brain-memoryd, /var/lib/brain-memoryd with the memories and their backups, the user brain-memoryd"
}

case $action in
    install) install_ ;;
    uninstall) uninstall ;;
    *) echo "install.sh install|uninstall BINARIES" >&2; exit 2 ;;
esac
