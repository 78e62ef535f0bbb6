#!/usr/bin/env bash
# Runs scenarios under a real systemd, each in a container of its own: run.sh BINARIES [SCENARIO…]
#
# BINARIES is the folder of brain-memoryd and brainctl, .build/debug say; a SCENARIO is a file's name in scenarios/,
# without .sh. Without any, all are run. They find the programs and units where `make install` puts them.
#
#   SYSTEMD_TEST_JOBS=2      how many run at the same time (one)
#   SYSTEMD_TEST_OUTPUT=DIR  where a failed scenario's journal and the states of its units are left
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binaries=$(realpath -e "$1")
shift
output=${SYSTEMD_TEST_OUTPUT:-$here/../../.build/systemd-tests}
jobs=${SYSTEMD_TEST_JOBS:-1}

scenarios=("$@")
if (( ! $# )); then
    for file in "$here"/scenarios/*.sh; do scenarios+=("$(basename "$file" .sh)"); done
fi

tree=$(mktemp -d /tmp/systemd-tests-XXXXXX)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
# tree_of SCENARIO: what is laid over its container's root. Scenarios find the product installed, but for those with a
# line "# needs: packages" or "# needs: sources".
tree_of() {
    local kind
    kind=$(sed -n 's/^# needs: \([a-z]*\)$/-\1/p' "$here/scenarios/$1.sh")
    printf '%s/stage%s' "$tree" "$kind"
}

# prepare STAGE: lays it out, and leaves STAGE.ready, with the arguments of the harness, or STAGE.failed.
prepare() {
    local stage=$1 log=$1.log where bare
    if ! "$here/$(basename "$stage").sh" "$binaries" "$stage" >"$log" 2>&1; then
        mv "$log" "$stage.failed"
        return
    fi
    where="--tree $stage"
    if [[ $stage == *-packages ]]; then
        if ! bare=$("$here/bare-root.sh" "$stage"/opt/systemd-test/packages/brain-memoryd_0*.deb 2>"$log"); then
            mv "$log" "$stage.failed"
            return
        fi
        where+=" --lower $bare"
    fi
    echo "$where" >"$stage.new"
    mv "$stage.new" "$stage.ready"
}

# All at the same time, and while the first scenarios run: a bare Debian takes half a minute.
for scenario in "${scenarios[@]}"; do
    [[ -e $here/scenarios/$scenario.sh ]] || { echo "there is no scenario $scenario" >&2; exit 2; }
    stage=$(tree_of "$scenario")
    if [[ ! -e $stage.begun ]]; then
        : >"$stage.begun"
        prepare "$stage" &
    fi
done

# one SCENARIO: runs it, and keeps what it printed and its exit status in the temporary folder.
one() {
    local scenario=$1 limit status=0
    # A line "# timeout: SECONDS" in a scenario asks for more time.
    limit=$(sed -n 's/^# timeout: \([0-9]*\)$/\1/p' "$here/scenarios/$scenario.sh")
    local stage where
    stage=$(tree_of "$scenario")
    until [[ -e $stage.ready || -e $stage.failed ]]; do sleep 0.1; done
    if [[ -e $stage.failed ]]; then
        cp "$stage.failed" "$tree/$scenario.log"
        echo 125 >"$tree/$scenario.status"
        return
    fi
    read -ra where <"$stage.ready"
    "$here/harness.sh" "${where[@]}" --timeout "${limit:-120}" --artifacts "$tree/$scenario.artifacts" \
        "$here/scenarios/$scenario.sh" >"$tree/$scenario.log" 2>&1 || status=$?
    echo "$status" >"$tree/$scenario.status"
}

passed=0 failed=0
# finish SCENARIO: shows what it printed, and counts.
finish() {
    local scenario=$1 status line
    status=$(<"$tree/$scenario.status")
    printf '== %s\n' "$scenario"
    cat "$tree/$scenario.log"
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$tree/$scenario.log" | tail -n 1 || true)
    if [[ -n $line ]]; then
        passed=$(( passed + ${line%% passed*} ))
        line=${line#*, }
        failed=$(( failed + ${line%% failed} ))
    fi
    if [[ -z $line || ( $status != 0 && ${line%% failed} == 0 ) ]]; then
        printf 'FAIL %s did not come to its end: exit status %s\n' "$scenario" "$status"
        failed=$(( failed + 1 ))
    fi
    rm -rf "${output:?}/$scenario"
    if (( status )); then
        mkdir -p "$output"
        cp -R "$tree/$scenario.artifacts" "$output/$scenario" 2>/dev/null || true
        cp "$tree/$scenario.log" "$output/$scenario/log.txt" 2>/dev/null || true
        printf 'the end of the journal; all of it is in %s\n' "$output/$scenario"
        tail -n 40 "$output/$scenario/journal.txt" 2>/dev/null || true
    fi
}

declare -A running=()
# Waits for a scenario to end, whichever does first.
reap() {
    local process=
    wait -n -p process "${!running[@]}" || true
    # One whose end the shell has forgotten: its status tells.
    if [[ -z $process ]]; then
        for process in "${!running[@]}"; do [[ ! -e $tree/${running[$process]}.status ]] || break; done
    fi
    finish "${running[$process]}"
    unset "running[$process]"
}
# begin SCENARIO JOBS: begins it when fewer than JOBS run.
begin() {
    while (( ${#running[@]} >= $2 )); do reap; done
    one "$1" &
    running[$!]=$1
}
# says SCENARIO LINE: whether its head has that line.
says() { grep -qx "# $2" "$here/scenarios/$1.sh"; }

# A scenario that measures says "# alone": such run one by one, after the others.
for scenario in "${scenarios[@]}"; do
    says "$scenario" alone || begin "$scenario" "$jobs"
done
for scenario in "${scenarios[@]}"; do
    ! says "$scenario" alone || begin "$scenario" 1
done
while (( ${#running[@]} )); do reap; done

echo "systemd: ${#scenarios[@]} scenarios"
printf '%d passed, %d failed\n' "$passed" "$failed"
(( failed == 0 ))
