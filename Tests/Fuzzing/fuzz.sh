#!/bin/sh
# Fuzzes the frame, JSON and request decoding with libFuzzer, which comes with Swift for Linux.
#
#     Tests/Fuzzing/fuzz.sh [SECONDS]        (20 when not given)
#
# The first run builds into .build-fuzz. New inputs that reach new code are kept in .build-fuzz/corpus and built upon by the
# next run; an input that crashes is kept in .build-fuzz/crashes, named in the output, and makes the script fail. To run one
# input again: .build-fuzz/release/ProtocolFuzzer FILE
set -eu

seconds=${1:-20}
case $seconds in
'' | *[!0-9]*)
    echo "usage: fuzz.sh [SECONDS]" >&2
    exit 2
    ;;
esac

folder=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$folder/../.." && pwd)/.build-fuzz

swift build --package-path "$folder" --scratch-path "$build" --configuration release --sanitize fuzzer \
    --sanitize address -Xswiftc -sanitize=fuzzer,address --product ProtocolFuzzer
# Of two sanitizers that SwiftPM names apart, the compiler takes the one that comes last, and that is a matter of chance: without
# the fuzzer's it would search blindly.
if ! readelf -SW "$build"/release/StrictJSON.build/*.o | grep -q sancov_cntrs; then
    echo "fuzz.sh: the code under test is not instrumented" >&2
    exit 1
fi

mkdir -p "$build/corpus" "$build/crashes"
# Swift's runtime keeps type metadata for ever, which is no leak. Inputs are small: the length limits have tests of their own.
ASAN_OPTIONS=detect_leaks=0 "$build/release/ProtocolFuzzer" "$build/corpus" "$folder/Corpus" \
    -artifact_prefix="$build/crashes/" -dict="$folder/protocol.dict" -max_len=4096 -timeout=5 -rss_limit_mb=2048 \
    -print_final_stats=1 -max_total_time="$seconds"
