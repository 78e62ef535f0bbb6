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

for scenario in "${scenarios[@]}"; do
    [[ -e $here/scenarios/$scenario.sh ]] || { echo "there is no scenario $scenario" >&2; exit 2; }
    stage=$(tree_of "$scenario")
    [[ -e $stage ]] || "$here/$(basename "$stage").sh" "$binaries" "$stage"
done
bare=
if [[ -e $tree/stage-packages ]]; then
    bare=$("$here/bare-root.sh" "$tree"/stage-packages/opt/systemd-test/packages/brain-memoryd_0*.deb)
fi

# one SCENARIO: runs it, and keeps what it printed and its exit status in the temporary folder.
one() {
    local scenario=$1 limit status=0
    # A line "# timeout: SECONDS" in a scenario asks for more time.
    limit=$(sed -n 's/^# timeout: \([0-9]*\)$/\1/p' "$here/scenarios/$scenario.sh")
    local where
    where=(--tree "$(tree_of "$scenario")")
    [[ ${where[1]} != *-packages ]] || where+=(--lower "$bare")
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

running=()
# Waits for the scenario that was begun first.
reap() {
    wait "${running[0]%% *}" || true
    finish "${running[0]#* }"
    running=("${running[@]:1}")
}
for scenario in "${scenarios[@]}"; do
    (( ${#running[@]} < jobs )) || reap
    one "$scenario" &
    running+=("$! $scenario")
done
while (( ${#running[@]} )); do reap; done

echo "systemd: ${#scenarios[@]} scenarios"
printf '%d passed, %d failed\n' "$passed" "$failed"
(( failed == 0 ))
