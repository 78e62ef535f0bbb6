# Sourced by scripts that want an instance of their own: private_instance BIN_DIR starts one, waits until it is well, and
# exports BRAIN_SOCKET; when the script ends, the instance does too, and leaves nothing behind.

finish() {
    local status=$?
    trap - EXIT
    if [[ -n $daemon ]] && kill -TERM "$daemon" 2>/dev/null; then
        wait "$daemon" || { echo "the daemon did not stop cleanly" >&2; status=1; }
    fi
    if (( status )); then tail -n 20 "$dir/log" >&2; fi
    rm -rf "$dir"
    exit "$status"
}

private_instance() {
    bin=$(cd "$1" && pwd)
    dir=$(mktemp -d /tmp/brain-demo-XXXXXX)
    chmod 755 "$dir"
    daemon=
    trap finish EXIT
    "$bin/brain-memoryd" --managed "$dir/data" 2>"$dir/log" &
    daemon=$!
    export BRAIN_SOCKET=$dir/data/brain.sock
    for (( attempt = 0; ; attempt++ )); do
        if "$bin/brainctl" health >/dev/null 2>&1; then break; fi
        kill -0 "$daemon" 2>/dev/null || { echo "the daemon ended before it was ready" >&2; exit 1; }
        (( attempt < 600 )) || { echo "the daemon was not well within a minute" >&2; exit 1; }
        sleep 0.1
    done
}
