#!/usr/bin/env bash
# Runs Autobahn's conformance cases against the echo example and compares the results with
# tests/autobahn/expected.json.
#
#   scripts/conformance.sh             builds the release binary and runs the cases
#   scripts/conformance.sh --accept    makes the results the expected ones
#
# FOOTLIGHT=path takes another binary. This leaves out groups 12 and 13, which test compression,
# because Footlight has none. The engine is `kosoku`, which runs Autobahn's own cases. The script
# installs it under target/. As root on Debian, it also installs Python if that is missing.
set -euo pipefail
binary=$(realpath -m -- "${FOOTLIGHT:-$(dirname "${BASH_SOURCE[0]}")/../target/release/footlight}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

engine=kosoku==0.1.0
folder=$PWD/target/conformance
venv=$folder/venv

main() {
    need_engine
    [ -n "${FOOTLIGHT:-}" ] || cargo build --release --locked

    rm -rf "$folder/report"
    coproc SERVER { exec "$binary" run tests/autobahn/manifest.toml 2>"$folder/log"; }
    # Keep it, because bash unsets SERVER_PID when the server ends.
    server=$SERVER_PID
    trap 'kill "$server" 2>/dev/null || true' EXIT

    # The line ends with the address: `http://127.0.0.1:PORT/  echo  ws://127.0.0.1:PORT/ws`.
    local line
    if ! read -r -t 30 line <&"${SERVER[0]}"; then
        printf 'the server did not start:\n' >&2
        cat "$folder/log" >&2
        exit 1
    fi
    local url=${line##* }
    # The engine fails if a case fails. The comparison below says which case and why.
    timeout 600 "$venv/bin/kosoku" -i '*' -x '12.*' -x '13.*' -o "$folder/report" "$url" >"$folder/output" 2>&1 || cat "$folder/output"

    kill "$server"
    wait "$server" || { printf 'the server did not end well; its log is %s\n' "$folder/log" >&2; exit 1; }
    trap - EXIT
    python3 tests/autobahn/compare.py "$folder/report" tests/autobahn/expected.json "$@"
}

# Installs the engine in its own Python environment.
need_engine() {
    if "$venv/bin/pip" freeze 2>/dev/null | grep -qx "$engine"; then return; fi
    mkdir -p "$folder"
    # Debian has ensurepip in another package. Without it this leaves half an environment.
    if ! python3 -m venv --clear "$venv" >/dev/null 2>&1; then
        if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
            printf 'install these first: python3 python3-venv\n' >&2
            exit 1
        fi
        apt-get -qq -o Acquire::Retries=3 update
        DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 install -y --no-install-recommends python3 python3-venv >/dev/null
        python3 -m venv --clear "$venv"
    fi
    "$venv/bin/pip" install -q "$engine"
}

main "$@"
