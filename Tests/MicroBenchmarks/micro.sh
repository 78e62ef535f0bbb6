#!/usr/bin/env bash
# How many instructions each hot path takes, counted by callgrind, which needs no quiet machine:
# micro.sh PROGRAM [check | update | profile]
# Prints a table; fails when a path takes more than the tolerance above what `thresholds` says. `update` writes `thresholds`
# anew, to be looked at and committed. `profile` shows the functions in which each path spends the most.
#
# Each path runs N times, then 2 N times: the difference, by N, is the path. Same program, same input, same count (hashing
# has a fixed seed); processors differ a little in which versions of memcpy the C library takes. Another compiler or another
# architecture has other counts: then the table is printed and nothing fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1 action=${2:-check}
tolerance=10
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

# Debian's valgrind can't read the debugging information that Swift writes; names of functions are enough.
strip --strip-debug -o "$parts/program" "$program"
SWIFT_DETERMINISTIC_HASHING=1 valgrind -q --tool=callgrind --callgrind-out-file="$parts/part" --compress-strings=no \
    --dump-before='*micro_benchmarks4mark*' "$parts/program" >"$parts/paths" 2>"$parts/errors" ||
    { cat "$parts/errors" >&2; exit 1; }

# Three parts for each path, in order: what came before it and its warming up, N times, 2 N times.
number=0
while read -r name times; do
    once=$(sed -n 's/^totals: //p' "$parts/part.$(( number + 2 ))")
    twice=$(sed -n 's/^totals: //p' "$parts/part.$(( number + 3 ))")
    echo "$name $(( (twice - once) / times ))"
    number=$(( number + 3 ))
done <"$parts/paths" >"$parts/counts"

if [[ $action == profile ]]; then
    # The costs of a function's own lines; the line after `calls=` is what the function called took.
    number=0
    while read -r name times; do
        number=$(( number + 3 ))
        echo; echo "$name"
        awk -v times="$(( 2 * times ))" '
            /^fn=/ { name = substr($0, 4) }
            /^calls=/ { called = 1; next }
            /^[0-9+*-]/ { if (!called) { own[name] += $2; all += $2 } called = 0 }
            END { for (name in own) printf "%5.1f %% %10d  %s\n", 100 * own[name] / all, own[name] / times, name }
        ' "$parts/part.$number" | sort -rn | sed -n 1,12p | swift demangle --simplified | cut -c 1-160
    done <"$parts/paths"
    exit
fi

machine="$(uname -m), $(swift --version 2>/dev/null | sed -n 's/.*\(Swift version [0-9.]*\).*/\1/p' | head -n 1)"
if [[ $action == update ]]; then
    { echo "# counted on $machine"; cat "$parts/counts"; } >"$here/thresholds"
fi
known=$(sed -n 's/^# counted on //p' "$here/thresholds")
strict=1
if [[ $machine != "$known" ]]; then
    strict=0
    echo "thresholds are for $known, this is $machine: nothing will fail"
fi

awk -v tolerance="$tolerance" -v strict="$strict" '
    NR == FNR { if ($1 != "#") threshold[$1] = $2; next }
    FNR == 1 { printf "%-26s %14s %12s\n", "hot path", "instructions", "threshold" }
    {
        note = ""
        if (!($1 in threshold)) note = "  has no threshold"
        else if ($2 > threshold[$1] * (1 + tolerance / 100)) note = "  TOO MANY"
        else if ($2 < threshold[$1] * (1 - tolerance / 100)) note = "  fewer: lower the threshold"
        if (note ~ /TOO|no/) failed = 1
        printf "%-26s %14d %12s%s\n", $1, $2, threshold[$1], note
        delete threshold[$1]
    }
    END {
        for (name in threshold) { print name ": a threshold for a path that there is not"; failed = 1 }
        exit strict && failed
    }' "$here/thresholds" "$parts/counts"
