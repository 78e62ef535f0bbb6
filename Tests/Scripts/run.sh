#!/usr/bin/env bash
# Serves in the foreground from a private PostgreSQL and Redis: run.sh BIN_DIR DATA_DIR
set -euo pipefail
bin=$1
dir=$2

# PostgreSQL refuses root, so root runs it as another user, who has to be able to enter the folder. In a checkout that only
# root can enter, the data goes where that user can reach it, and the folder here becomes a link to it.
if [[ $(id -u) == 0 && ! -e $dir ]] && ! setpriv --reuid=postgres --regid=postgres --clear-groups test -x "$PWD"; then
    target=$(mktemp -d /var/lib/brain-memoryd-XXXXXX)
    chmod 755 "$target"
    ln -s "$target" "$dir"
    echo "The user 'postgres' can't enter $PWD: $dir is a link to $target."
fi

cat <<EOF

brain-memoryd keeps its data under $dir and listens at $dir/brain.sock. In another terminal, type:

    export BRAIN_SOCKET=$PWD/$dir/brain.sock PATH=$PWD/$bin:\$PATH
    brainctl store --agent me --tag greeting --text "hello, memory"
    brainctl query --agent me
    brainctl stats
    brainctl --help

Ctrl-C stops it; \`make run\` again goes on with the same data.

EOF
exec "$bin/brain-memoryd" --managed "$dir"
