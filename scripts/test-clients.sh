#!/usr/bin/env bash
# Installs the WebSocket clients that the tests talk to, under target/clients, where the tests
# look for them first, and the proxies and the MQTT brokers, from Debian:
#
#   scripts/test-clients.sh            all of them
#   scripts/test-clients.sh NAME...    only these: python, node, bun, websocat, browser, proxies, brokers
#
# It skips clients that are already installed. As root on Debian, it installs the packages that
# they need. Elsewhere it says what is missing. Building websocat from source takes minutes, and
# the browser is a download of about 100 MB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/need-packages.sh
source scripts/need-packages.sh

folder=$PWD/target/clients

main() {
    [ $# -gt 0 ] || set -- python node websocat browser proxies brokers
    mkdir -p "$folder"
    for client in "$@"; do
        "need_$client"
    done
}

# Installs Python's packages in their own environment.
need_python() {
    local venv=$folder/venv
    if [ -x "$venv/bin/python3" ] && "$venv/bin/python3" -c 'import aiohttp, websockets, wsproto' 2>/dev/null; then return; fi
    # Prefer the system's Python: benches/compare measures it, and others, such as pyenv's, are
    # often built without optimisation.
    local python=python3
    if [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi
    # Debian has ensurepip in another package. Without it this leaves half an environment.
    if ! "$python" -m venv --clear "$venv" >/dev/null 2>&1; then
        need_packages python3 python3-venv
        "$python" -m venv --clear "$venv"
    fi
    "$venv/bin/pip" install -q aiohttp 'websockets>=13' wsproto
}

# Installs ws with npm or, without npm, from Debian's package.
need_node() {
    if command -v npm >/dev/null; then
        [ -d "$folder/node_modules/ws" ] || npm install --silent --no-fund --no-audit --prefix "$folder" ws@8
    else
        need_packages nodejs node-ws
    fi
}

# Installs Bun, for `benches/compare` alone, with npm: Debian does not have it.
need_bun() {
    command -v npm >/dev/null || need_packages npm
    [ -x "$folder/node_modules/.bin/bun" ] || npm install --silent --no-fund --no-audit --prefix "$folder" bun@1
}

need_websocat() {
    if command -v websocat >/dev/null || [ -x "$folder/bin/websocat" ]; then return; fi
    cargo install --debug --locked --quiet websocat --version '^1.14' --root "$folder"
}

need_browser() {
    if command -v chromium >/dev/null; then return; fi
    need_packages chromium
}

need_proxies() {
    if command -v caddy >/dev/null && [ -x /usr/sbin/nginx ] && [ -x /usr/sbin/haproxy ] &&
        [ -f /usr/lib/nginx/modules/ngx_stream_module.so ]; then return; fi
    need_daemons caddy haproxy libnginx-mod-stream nginx-light
}

need_brokers() {
    if [ -x /usr/sbin/mosquitto ] && command -v nats-server >/dev/null; then return; fi
    need_daemons mosquitto nats-server
}

# Installs packages whose programs the tests start. None is to run as a service.
need_daemons() {
    local policy=/usr/sbin/policy-rc.d
    if [ -w /usr/sbin ] && ! [ -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        # shellcheck disable=SC2064 # The name is known only here.
        trap "rm -f '$policy'" EXIT
    fi
    need_packages "$@"
}

main "$@"
