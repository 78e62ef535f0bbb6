#!/usr/bin/env bash
# Lays out what scenarios about `make install` find: stage-sources.sh BINARIES ROOT. What it copies from is in
# /opt/systemd-test/source, the programs in its folder "binaries"; nothing is installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
source=$2/opt/systemd-test/source
mkdir -p "$source/binaries" "$source/schema"
cp -R "$top"/{systemd,config,README.md,CHANGELOG.md} "$source/"
cp -R "$top/schema/protocol" "$source/schema/"
cp "$1"/{brain-memoryd,brainctl} "$source/binaries/"
install -m 644 "$here/lib.sh" "$here/../Scripts/memory_client.py" "$2/opt/systemd-test/"
