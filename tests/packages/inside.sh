#!/usr/bin/env bash
# Installs, uses, upgrades, removes and purges the packages, in a Debian system that is thrown away
# afterwards. scripts/test-packages.sh starts it there, in two ways:
#
#   inside.sh without-systemd    in a system that has not been started, as images are built
#   inside.sh with-systemd       in one that systemd has started
#
# /test has the packages and this folder.
set -euo pipefail
cd /test

main() {
    deb=$(echo /test/*.deb)
    files >/tmp/before
    case $1 in
        without-systemd)
            without_systemd
            ;;
        with-systemd)
            install_and_use
            use_secret
            use_files
            use_socket
            upgrade_and_back
            remove_and_purge
            use_tarball
            ;;
    esac
}

say() { printf '    %s\n' "$*"; }

fail() {
    printf 'test-packages: %s\n' "$*" >&2
    if [ -d /run/systemd/system ]; then
        systemctl status --no-pager footlight.service footlight.socket >&2 || true
        journalctl --no-pager -u footlight -n 50 >&2 || true
    fi
    exit 1
}

# COMMAND...: tried until it succeeds, 30 s at most.
wait_for() {
    local end=$((SECONDS + 30))
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "in vain waited for: $*"
        sleep 0.1
    done
}

# dpkg's ARGUMENTS...
package() {
    dpkg "$@" >/tmp/dpkg 2>&1 || { cat /tmp/dpkg >&2; fail "dpkg $*"; }
}

client() { python3 /test/client.py "$@"; }

# All files of the system but those that dpkg and systemd keep for themselves.
files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /test \
        -o -path /var/lib/dpkg -o -path /var/log/journal -o -path /var/lib/systemd \
        -o -path '*/__pycache__' \) -prune -o -print | sort
}

nothing_left() {
    files >/tmp/after
    # dpkg, and what runs in the system anyway, write logs.
    diff <(grep -v '^/var/log/\(dpkg.log\|alternatives.log\|private\|wtmp\|btmp\|lastlog\)$' /tmp/before) \
        <(grep -v '^/var/log/\(dpkg.log\|alternatives.log\|private\|wtmp\|btmp\|lastlog\)$' /tmp/after) ||
        fail 'purging left these files, or took them along'
    ! dpkg-query -W footlight >/dev/null 2>&1 || fail 'dpkg still knows the package'
}

without_systemd() {
    package -i "$deb"
    (cd / && md5sum --quiet -c /var/lib/dpkg/info/footlight.md5sums)
    footlight check /etc/footlight >/dev/null
    [ -L /etc/systemd/system/multi-user.target.wants/footlight.service ] || fail 'the service is not enabled'
    [ ! -e /etc/systemd/system/sockets.target.wants/footlight.socket ] || fail 'the socket is enabled'
    systemd-analyze verify footlight.service footlight.socket
    say 'installed; systemd accepts the units'

    footlight run /etc/footlight >/tmp/log 2>&1 &
    wait_for grep -qs 'ws://127.0.0.1:8080/ws' /tmp/log
    client
    kill $!
    wait $! || fail 'the program did not end well'
    say 'the installed program serves the installed actor'

    package --remove footlight
    [ -f /etc/footlight/manifest.toml ] || fail 'removing took the configuration along'
    package --purge footlight
    nothing_left
    say 'removed and purged without a trace'
}

# ---- With systemd -----------------------------------------------------------------------

property() { systemctl show --property="$1" --value "${2:-footlight.service}"; }

install_and_use() {
    package -i "$deb"
    # It is active once the host has said that it listens, so nothing has to be waited for.
    systemctl --quiet is-active footlight || fail 'the service does not run'
    systemctl --quiet is-enabled footlight || fail 'the service is not enabled'
    client
    say "systemd started it: $(property StatusText)"

    local pid
    pid=$(property MainPID)
    [ "$(stat -c %U "/proc/$pid")" = footlight ] || fail "it runs as $(stat -c %U "/proc/$pid")"
    ! grep -q '^footlight:' /etc/passwd || fail 'there is a user that stays'
    local line
    for line in 'CapEff:.0000000000000000' 'CapBnd:.0000000000000000' 'NoNewPrivs:.1' 'Seccomp:.2'; do
        grep -q "^$line\$" "/proc/$pid/status" || fail "its /proc/PID/status has no $line"
    done
    [ "$(property WatchdogUSec)" = 30s ] || fail 'the watchdog is off'
    systemd-analyze security --no-pager --threshold=15 footlight.service >/tmp/security ||
        { cat /tmp/security; fail 'the unit leaves more open than it did'; }
    say "user $(stat -c %U "/proc/$pid"), no capabilities, seccomp; $(tail -n 1 /tmp/security | grep -o 'Overall.*')"

    # Installed actors are durable, and the folder for their files is another one.
    local folder
    for folder in footlight footlight-files; do
        [ "$(stat -L -c '%U %a' "/var/lib/$folder")" = 'footlight 700' ] ||
            fail "/var/lib/$folder: $(stat -L -c '%U %a' "/var/lib/$folder")"
    done
    wait_for in_journal 'state is kept in /var/lib/footlight/store: echo (strict)'
    footlight check --data /var/lib/footlight /etc/footlight >/dev/null
    say 'state is kept in /var/lib/footlight'

    systemctl kill --signal=KILL footlight
    wait_for restarted "$pid"
    client
    say 'killed, and started anew'
}

# TEXT: whether the service has logged it.
in_journal() { journalctl --quiet --no-pager -u footlight | grep -qF "$1"; }

# As docs/deploy.md has it: a folder for an actor's files. It works, and the data folder does not.
use_files() {
    local manifest=/etc/footlight/manifest.toml folder
    cp -p "$manifest" /tmp/manifest
    for folder in footlight-files footlight; do
        {
            cat /tmp/manifest
            printf '\n[[handlers]]\ntype = "filesystem"\nconfig = { path = "/var/lib/%s", writable = true }\n' "$folder"
        } >"$manifest"
        if [ "$folder" = footlight-files ]; then
            systemctl restart footlight || fail 'it does not run with a folder for files'
            client
        else
            ! systemctl restart footlight 2>/dev/null || fail 'it runs with its data folder in reach'
            wait_for in_journal 'contains /var/lib/footlight/store, where the host keeps'
        fi
    done
    cp -p /tmp/manifest "$manifest"
    systemctl restart footlight
    say 'an actor may use /var/lib/footlight-files, and may not use the data folder'
}

# As docs/deploy.md has it: a token that only root may read, which systemd hands over.
use_secret() {
    local drop_in=/etc/systemd/system/footlight.service.d manifest=/etc/footlight/manifest.toml
    cp -p "$manifest" /tmp/manifest
    (umask 077 && printf 'xyzzy\n' >/etc/footlight/token)
    mkdir -p "$drop_in"
    printf '[Service]\nLoadCredential=token:/etc/footlight/token\n' >"$drop_in/secrets.conf"
    sed -i 's#^config = { #&token_file = "/run/credentials/footlight.service/token", #' "$manifest"
    systemctl daemon-reload
    systemctl restart footlight || fail 'it does not run with a token'
    ! client 2>/dev/null || fail 'a client without the token was let in'
    client --token xyzzy
    cp -p /tmp/manifest "$manifest"
    rm -r /etc/footlight/token "$drop_in"
    systemctl daemon-reload
    systemctl restart footlight
    say 'a token that only root may read was asked for'
}

# PID: true once another process serves.
restarted() {
    [ "$(property MainPID)" != "$1" ] && [ "$(property ActiveState)" = active ]
}

use_socket() {
    systemctl stop footlight
    systemctl --quiet enable --now footlight.socket
    # The client's connection starts the service.
    ! systemctl --quiet is-active footlight || fail 'the service runs already'
    client
    systemctl --quiet is-active footlight || fail 'the socket did not start the service'
    say 'a client has been served that came before the service'

    # A mistake in the manifest makes it fail, more often than systemd's own limit of five. Clients
    # wait meanwhile, and are served when it is mended.
    mkdir -p /run/systemd/system/footlight.service.d
    printf '[Service]\nRestartSec=100ms\n' >/run/systemd/system/footlight.service.d/quick.conf
    systemctl daemon-reload
    sed -i 's/^name/nome/' /etc/footlight/manifest.toml
    systemctl restart footlight 2>/dev/null && fail 'it runs with a manifest that is wrong'
    client &
    local waiting=$!
    wait_for failed_often
    sed -i 's/^nome/name/' /etc/footlight/manifest.toml
    wait "$waiting" || fail 'a client was refused while the service failed'
    rm -r /run/systemd/system/footlight.service.d
    systemctl daemon-reload
    say "failed $(property NRestarts) times, and served the client that waited"

    # While it is started anew, time and again, nobody is refused.
    rm -f /tmp/stop
    client --until /tmp/stop >/tmp/clients &
    local clients=$! round
    for round in 1 2 3 4 5; do systemctl restart footlight || fail "restart $round failed"; done
    touch /tmp/stop
    wait "$clients" || fail 'a client was refused during a restart'
    say "5 restarts with the socket; $(cat /tmp/clients)"
}

failed_often() { [ "$(property NRestarts)" -gt 7 ]; }

# As docs/deploy.md has it, with a package of another version: the service is started anew, the
# configuration stays.
upgrade_and_back() {
    dpkg-deb -R "$deb" /tmp/newer
    sed -i 's/^Version: .*/Version: 99.0-1/' /tmp/newer/DEBIAN/control
    dpkg-deb --root-owner-group -b /tmp/newer /tmp/newer.deb >/dev/null
    rm -r /tmp/newer
    printf '\n[logging]\noutput = "file"\nlog_dir = "/var/log/footlight"\n' >>/etc/footlight/manifest.toml

    local pid which
    for which in /tmp/newer.deb "$deb"; do
        pid=$(property MainPID)
        package -i "$which"
        restarted "$pid" || fail "the service was not started anew by $which"
        grep -q '^log_dir' /etc/footlight/manifest.toml || fail 'the configuration was replaced'
        client
    done
    state_outlasts /tmp/newer.deb "$deb"
    [ -s /var/log/footlight/echo.log ] || fail 'there is no log at /var/log/footlight'

    # What the administrator switched off stays off.
    systemctl --quiet disable --now footlight.service footlight.socket
    package -i /tmp/newer.deb
    ! systemctl --quiet is-active footlight || fail 'an upgrade started a service that is disabled'
    ! systemctl --quiet is-enabled footlight || fail 'an upgrade enabled the service'
    systemctl --quiet enable --now footlight.socket footlight.service
    say 'upgraded and downgraded; configuration and switches were respected'
}

# PACKAGE...: an actor that counts goes on counting after each of these is installed, and after a kill.
state_outlasts() {
    local manifest=/etc/footlight/manifest.toml count=0 package pid
    cp -p "$manifest" /tmp/manifest
    sed -i 's#^component_path = .*#component_path = "/test/counter.wasm"#' "$manifest"
    systemctl restart footlight || fail 'it does not run with the counter'
    for package in "$@" kill; do
        client --count "$((count += 1))"
        pid=$(property MainPID)
        if [ "$package" = kill ]; then
            systemctl kill --signal=KILL footlight
        else
            package -i "$package"
        fi
        wait_for restarted "$pid"
    done
    client --count "$((count += 1))"
    footlight state get /var/lib/footlight echo | grep -qx "{\"count\":$count}" ||
        fail "the state is $(footlight state get /var/lib/footlight echo)"
    cp -p /tmp/manifest "$manifest"
    systemctl restart footlight
    say "the state outlasts an upgrade, a downgrade and a kill: $count counted"
}

remove_and_purge() {
    package --remove footlight
    ! systemctl --quiet is-active footlight.service || fail 'removing left the service running'
    ! systemctl --quiet is-active footlight.socket || fail 'removing left the socket open'
    [ -d /var/log/private/footlight ] || fail 'there was no state to purge'
    package --purge footlight
    nothing_left
    say 'removed and purged without a trace'
}

# Installation, upgrade and rollback with the tarball, as docs/deploy.md has it.
use_tarball() {
    tar -xzf /test/*.tar.gz -C /tmp
    cd /tmp/footlight-*/
    install -m 755 footlight /usr/local/bin/footlight
    mkdir /etc/footlight
    cp examples/echo/echo.wasm /etc/footlight/
    sed 's/8082/8080/' examples/echo/manifest.toml >/etc/footlight/manifest.toml
    cp dist/footlight.service dist/footlight.socket /etc/systemd/system/
    systemctl --quiet enable --now footlight.socket footlight.service
    client

    # The upgrade.
    install -m 755 footlight /usr/local/bin/footlight.new
    /usr/local/bin/footlight.new check /etc/footlight >/dev/null
    ln -f /usr/local/bin/footlight /usr/local/bin/footlight.old
    mv /usr/local/bin/footlight.new /usr/local/bin/footlight
    systemctl restart footlight
    client
    # The rollback.
    mv /usr/local/bin/footlight.old /usr/local/bin/footlight
    systemctl restart footlight
    client
    say 'the tarball was installed, upgraded and rolled back'
}

main "$@"
