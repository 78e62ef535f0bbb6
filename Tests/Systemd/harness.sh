#!/usr/bin/env bash
# Runs a script as root under a real systemd (as PID 1) and a real journald, in a container that is thrown away:
#
#   harness.sh [OPTIONS] SCRIPT [ARGUMENT…]
#
#   --tree DIR         a folder whose files are laid over the container's root; may be given several times
#   --lower DIR        a Debian root to boot instead of this machine's own
#   --env NAME=VALUE   of the script; may be given several times
#   --timeout SECONDS  that the script may take (300), then it is killed: exit status 124
#   --artifacts DIR    where the journal, the units' states and the console are left
#
# The container's root is an overlay on this machine's root (or on --lower), with a tmpfs above it: every program that is
# installed here is there, and nothing that is written there stays. It boots only what is needed to run units: none of
# the services that this machine enables, and no timers. It has a network of its own with nothing but loopback.
#
# Exit status: the script's; 124 when it took too long; 125 when the container could not be had. Several of these may
# run at the same time. When this one dies, however it does, all that it started dies too.
#
# Needs root, and Debian's packages systemd, systemd-container and dbus.
set -euo pipefail

fail() { printf 'harness: %s\n' "$*" >&2; exit 125; }

# Runs in namespaces of its own: makes the root, and becomes the container. The mounts vanish with the namespaces.
enter() {
    source "$1/settings"
    # Only cgroup v2, from our own group downwards. Without that the container's systemd would see this machine's.
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
    mkdir -p /run/systemd
    mount -t tmpfs -o mode=755 tmpfs /run/systemd
    mount -t tmpfs -o size=6G,mode=755 tmpfs "$work/fs"
    mkdir "$work/fs/upper" "$work/fs/work" "$work/fs/root"
    local root=$work/fs/root tree
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/fs/upper,workdir=$work/fs/work" "$root"

    local units=$root/etc/systemd/system
    mkdir -p "$units" "$root/etc/systemd/journald.conf.d" "$root/opt/systemd-test"
    rm -rf "$units"/*.target.wants
    cat >"$units/harness.target" <<'UNIT'
[Unit]
Description=What tests need
Requires=basic.target
Wants=dbus.service
After=basic.target dbus.service
UNIT
    # No line may be lost to a limit, nor to an older journal.
    cat >"$root/etc/systemd/journald.conf.d/harness.conf" <<'CONF'
[Journal]
Storage=volatile
RuntimeMaxUse=512M
RateLimitIntervalSec=0
RateLimitBurst=0
CONF
    for tree in ${trees[@]+"${trees[@]}"}; do
        tar -C "$tree" -cf - . | tar -C "$root" --keep-directory-symlink --no-same-owner -xpf -
    done
    install -m 755 "$script" "$root/opt/systemd-test/script"
    # bpf: else IPAddressDeny= would be accepted and not enforced.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec systemd-nspawn --quiet --directory="$root" --boot --machine="$name" \
        --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off --private-network \
        --system-call-filter=bpf --console=read-only systemd.unit=harness.target
}

if [[ ${1-} == --enter ]]; then enter "$2"; fi

trees=() environment=() lower=/ timeout=300 artifacts=
while (( $# )); do
    case $1 in
        --tree) trees+=("$(realpath -e "$2")"); shift 2 ;;
        --lower) lower=$(realpath -e "$2"); shift 2 ;;
        --env) environment+=("--setenv=$2"); shift 2 ;;
        --timeout) timeout=$2; shift 2 ;;
        --artifacts) artifacts=$2; shift 2 ;;
        -*) fail "unknown option $1" ;;
        *) break ;;
    esac
done
(( $# )) || fail "no script given"
(( EUID == 0 )) || fail "only root can mount and make namespaces"
for program in systemd-nspawn systemctl dbus-daemon; do
    command -v "$program" >/dev/null || fail "$program is not installed (systemd, systemd-container, dbus)"
done
script=$(realpath -e "$1")
shift

work=$(mktemp -d /tmp/systemd-harness-XXXXXX)
name=harness-$$
launch= leader= ownHierarchy=
# Where cgroup v2 is mounted: alone, beside v1, or not yet.
hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [[ -z $hierarchy ]]; then
    hierarchy=$work/cgroup
    mkdir "$hierarchy"
    mount -t cgroup2 cgroup2 "$hierarchy" || fail "this kernel has no cgroup v2"
    ownHierarchy=1
fi
group=$hierarchy$(sed -n 's/^0:://p' /proc/self/cgroup)
group=${group%/}/$name

cleanUp() {
    local status=$? attempt
    trap - EXIT
    trap '' INT TERM HUP
    # Else bash tells of each child that was killed.
    exec 3>&2 2>/dev/null
    if [[ -d $group ]]; then
        # All at once, whatever they do.
        if [[ -e $group/cgroup.kill ]]; then
            echo 1 >"$group/cgroup.kill"
        else
            find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
        fi
        for (( attempt = 0; attempt < 500; attempt++ )); do
            if grep -q '^populated 0' "$group/cgroup.events"; then break; fi
            sleep 0.02
        done
        [[ -z $launch ]] || wait "$launch" 2>/dev/null || true
        for (( attempt = 0; attempt < 50; attempt++ )); do
            find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
            if [[ ! -d $group ]]; then break; fi
            sleep 0.02
        done
        [[ ! -d $group ]] || printf 'harness: could not remove %s\n' "$group" >&3
    fi
    exec 2>&3 3>&-
    [[ -z $ownHierarchy ]] || umount "$hierarchy"
    rm -rf --one-file-system "$work"
    exit "$status"
}
trap cleanUp EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

mkdir "$work/fs" "$group" "$group/container" "$group/script"
declare -p work name lower script trees >"$work/settings"
(
    echo "$BASHPID" >"$group/container/cgroup.procs"
    exec setpriv --pdeathsig KILL unshare --mount --pid --cgroup --ipc --uts --fork --kill-child=KILL --mount-proc \
        --propagation private bash "$0" --enter "$work"
) </dev/null >"$work/console" 2>&1 &
launch=$!

inside() { nsenter -t "$leader" -m -u -i -p -n -C -- "$@"; }
console() { tr -d '\r' <"$work/console" | sed 's/\x1b\[[0-9;?!]*[a-zA-Z]//g'; }

# Waits until the container's PID 1, which moves itself into init.scope, has booted and is on the bus.
boot() {
    local file state= end=$(( SECONDS + 60 ))
    while (( SECONDS < end )); do
        kill -0 "$launch" 2>/dev/null || { console | tail -n 30 >&2; fail "the container ended while it booted"; }
        leader=
        for file in "$group"/container/{payload/,}init.scope/cgroup.procs; do
            [[ -e $file ]] && read -r leader <"$file" && break
        done 2>/dev/null || true
        if [[ -n $leader ]]; then
            state=$(inside systemctl is-system-running 2>/dev/null || true)
            case $state in
                running | degraded)
                    if inside busctl --quiet status org.freedesktop.systemd1 >/dev/null 2>&1; then return; fi ;;
            esac
        fi
        sleep 0.03
    done
    console | tail -n 30 >&2
    [[ -z $leader ]] || inside systemctl list-jobs --no-pager >&2 || true
    fail "the container did not boot within a minute: ${state:-not seen}"
}
boot

# As a unit of its own. In the background and waited for, so that a signal is acted on at once.
status=0
(
    echo "$BASHPID" >"$group/script/cgroup.procs"
    exec setpriv --pdeathsig KILL timeout -k 5 "$timeout" nsenter -t "$leader" -m -u -i -p -n -C -- \
        systemd-run --quiet --pipe --wait --collect --unit=systemd-test --working-directory=/opt/systemd-test \
        --setenv=LANG=C.UTF-8 --setenv=HOME=/root ${environment[@]+"${environment[@]}"} \
        bash /opt/systemd-test/script "$@"
) </dev/null &
wait $! || status=$?
(( status != 137 )) || status=124
(( status != 124 )) || printf 'harness: the script took longer than %s seconds\n' "$timeout" >&2

if [[ -n $artifacts ]]; then
    mkdir -p "$artifacts"
    inside journalctl --sync || true
    inside journalctl --no-pager -o json >"$artifacts/journal.json" || true
    inside journalctl --no-pager -o short-precise >"$artifacts/journal.txt" || true
    inside systemctl list-units --all --no-pager --plain >"$artifacts/units.txt" || true
    inside systemctl status --no-pager --full --lines=50 'brain-memoryd*' >"$artifacts/status.txt" 2>&1 || true
    console >"$artifacts/console.txt" || true
fi
exit "$status"
