#!/usr/bin/env bash
# Counts what boards execute for a message: the instructions of the whole program, by QEMU. Unlike times, they
# do not depend on how busy this machine is.
#
#   scripts/count-instructions.sh BINARY [ACTOR]
#
# BINARY is a program for any board (scripts/cross.sh). ACTOR is what `footlight call` takes; without it, a script
# that answers a text is counted, for which the program needs the feature `javascript`. The figure is the
# difference between 60 messages and 10, divided by 50.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

main() {
    local binary=${1:?usage: $0 BINARY [ACTOR]} actor=${2:-}
    "$root/scripts/as-board.sh" --setup
    folder=$(mktemp -d)
    trap 'rm -r "$folder"' EXIT
    if [ -z "$actor" ]; then
        actor=$folder
        # The backquotes are JavaScript's.
        # shellcheck disable=SC2016
        printf 'export function message(client, text) { client.send(`You said: ${text}`); }\n' >"$folder/answer.js"
        # The emulator takes long.
        printf '%s\n' 'name = "answer"' 'component_path = "answer.js"' '[[handlers]]' 'type = "websocket-server"' \
            'config = { port = 8080 }' '[limits]' 'time = "10m"' >"$folder/manifest.toml"
    fi
    local few many
    few=$(count "$binary" "$actor" 10)
    many=$(count "$binary" "$actor" 60)
    printf '%d instructions for a message, %d for a start and 10 messages\n' $(((many - few) / 50)) "$few"
}

fail() {
    printf 'count-instructions: %s\n' "$*" >&2
    exit 1
}

# BINARY ACTOR MESSAGES: how many instructions a call of the actor takes.
count() {
    local messages
    messages=$(yes hello | head -n "$3")
    # The emulator writes a line for each instruction.
    # shellcheck disable=SC2086
    FOOTLIGHT_EMULATOR='-one-insn-per-tb -d exec,nochain' \
        "$root/scripts/as-board.sh" "$1" call "$2" $messages 2>&1 >/dev/null | grep -c '^Trace' ||
        fail "the program failed: $1 call $2"
}

main "$@"
