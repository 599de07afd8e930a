#!/usr/bin/env bash
# Installs, uses, upgrades, removes and purges the packages of x86_64-unknown-linux-musl in a small
# Debian 12 under systemd-nspawn, first without systemd running, then with it. The tests are in
# tests/packages/inside.sh.
#
#   scripts/test-packages.sh
#
# Tests the packages that scripts/package.sh has put into target/packages/. Needs root, mmdebstrap
# and systemd-container, on x86-64. Keeps the Debian in target/packages-test/debian.tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$PWD/target/packages-test
tree=$folder/tree

main() {
    mkdir -p "$folder"
    need_debian
    trap 'rm -rf "$tree"' EXIT

    fill_tree

    printf 'without systemd:\n'
    systemd-nspawn "${options[@]}" --pipe /test/inside.sh without-systemd

    # The same system will do: the tests above have shown that purging leaves nothing behind.
    printf 'with systemd:\n'
    # The system ends with the test. nspawn exits with the system's status.
    cat >"$tree/etc/systemd/system/test.service" <<UNIT
[Unit]
After=multi-user.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
ExecStart=/test/inside.sh with-systemd
StandardOutput=file:/test/log
StandardError=file:/test/log
TimeoutStartSec=300
UNIT
    mkdir -p "$tree/etc/systemd/system/default.target.wants"
    ln -s ../test.service "$tree/etc/systemd/system/default.target.wants/test.service"
    local status=0
    timeout --kill-after=10 400 systemd-nspawn "${options[@]}" --boot >"$folder/console" 2>&1 </dev/null || status=$?
    if ! [ -f "$tree/test/log" ]; then
        cat "$folder/console" >&2
        printf 'test-packages: systemd does not start in a container here\n' >&2
        exit 1
    fi
    cat "$tree/test/log"
    [ "$status" -eq 0 ] || { printf 'test-packages: failed (%s)\n' "$status" >&2; exit 1; }
}

# Without the machine's own systemd, which may not be running. The container has its own network,
# so port 8080 is free.
options=(--quiet --register=no --keep-unit --private-network --directory="$tree")

need_debian() {
    [ -f "$folder/debian.tar" ] && return
    mmdebstrap --quiet --variant=minbase --include=systemd-sysv,libnss-systemd,python3-websockets \
        bookworm "$folder/part.tar"
    mv "$folder/part.tar" "$folder/debian.tar"
}

# Unpacks a new system, with the packages and the tests in it.
fill_tree() {
    rm -rf "$tree"
    mkdir -p "$tree"
    tar -xf "$folder/debian.tar" -C "$tree"
    mkdir "$tree/test"
    cp tests/packages/* examples/counter/counter.wasm target/packages/*_amd64.deb target/packages/*-x86_64-unknown-linux-musl.tar.gz "$tree/test"
}

main "$@"
