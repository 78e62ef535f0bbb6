#!/usr/bin/env bash
# Makes programs that need no Swift where they run: link-static.sh BINARIES FOLDER
#
# A release is built so (--static-swift-stdlib). A debug build is not; its objects are linked anew, which takes seconds,
# where a build of its own would take minutes.
set -euo pipefail
binaries=$(realpath -e "$1")
folder=$2
mkdir -p "$folder"
for program in brain-memoryd brainctl; do
    if ! readelf -d "$binaries/$program" | grep -q 'NEEDED.*libswift'; then
        strip -o "$folder/$program" "$binaries/$program"
        continue
    fi
    libraries=()
    [[ $program != brain-memoryd ]] || libraries=(-lpq -lhiredis -lsystemd)
    # The linker warns of mktemp in Foundation; what is wrong is an error.
    log=$(swiftc -static-stdlib -emit-executable "@$binaries/$program.product/Objects.LinkFileList" \
        -o "$folder/$program" -Xlinker "--defsym=main=${program/-/_}_main" -Xlinker -s "${libraries[@]}" -lFoundation \
        -lCoreFoundation -l_FoundationICU -l_FoundationCShims -l_FoundationCollections 2>&1) ||
        { printf '%s\n' "$log" >&2; exit 1; }
done
