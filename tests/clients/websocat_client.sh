#!/usr/bin/env bash
# Talks to the test guest `events` with websocat, and checks every answer.
#
# Usage: websocat_client.sh URL, with the program's path in WEBSOCAT
set -euo pipefail
url=$1

websocat() {
    timeout 30 "${WEBSOCAT:-websocat}" --text --buffer-size 70000 "$@" "$url"
}

expect() {
    if [ "$1" != "$2" ]; then
        printf 'expected %.200q, found %.200q\n' "$1" "$2" >&2
        exit 1
    fi
}

# Without lines, what is written at once is a message. The last answer is about the actor's
# ping, which websocat answered by itself.
coproc CLIENT { websocat --no-line --close-status-code 3333 --close-reason 'that is all'; }
client=$CLIENT_PID
for pair in :state:0 hello:hello ping:pong:6869; do
    sent=${pair%%:*} answer=${pair#*:}
    printf '%s' "$sent" >&"${CLIENT[1]}"
    read -r -N ${#answer} found <&"${CLIENT[0]}"
    expect "$answer" "$found"
done
eval "exec ${CLIENT[1]}>&-"
wait "$client"

# Lines are messages, their ends included. What has the prefix goes out as binary.
expect $'two\nB:one' "$(printf 'B:one\ntwo\n' | websocat --binary-prefix B: | sed '1d; /^$/d' | sort -r)"

# 64 KiB with the line's end.
full=$(head -c 65535 /dev/zero | tr '\0' x)
expect "$full" "$(printf '%s\n' "$full" | websocat | sed 1d)"

# Its input is kept open until the server closes, which ends `-E`.
closed_after() {
    coproc CLIENT { websocat -v -E "${@:2}" 2>&1; }
    local client=$CLIENT_PID output
    printf '%b' "$1" >&"${CLIENT[1]}"
    output=$(cat <&"${CLIENT[0]}")
    wait "$client"
    case $output in
    *'Received WebSocket close message'*) ;;
    *) expect 'a close frame' "$output" ;;
    esac
}
closed_after "x$full\n"
closed_after close --no-line
