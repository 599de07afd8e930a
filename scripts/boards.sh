#!/usr/bin/env bash
# The boards' binaries: built, checked, held to their budgets, and driven by the integration
# tests, each on the weakest processor that it is meant for.
#
#   scripts/boards.sh                   all of it
#   scripts/boards.sh build|budget|test [TARGET...]
#
# What this machine is not, qemu-user stands for (scripts/as-board.sh). On Debian 12 as root what
# is missing is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=(
    aarch64-unknown-linux-musl
    arm-unknown-linux-musleabihf
    armv7-unknown-linux-musleabihf
    x86_64-unknown-linux-musl
)

# The most bytes that a binary may have: what was reached, and 3 %.
budget() {
    case $1 in
        aarch64-*) echo 1606140 ;;
        arm-*) echo 1922956 ;;
        armv7-*) echo 1811605 ;;
        x86_64-*) echo 1823248 ;;
    esac
}

# What the program does, and what the interpreter does on that processor. Left out is what is the
# same on every one: clients that are not ours, systemd, reading of manifests and modules.
tests=(
    answers:: events:: examples:: faults:: handshakes:: instances:: keepalive:: limits:: pages::
    reach:: readme::the_quick_start several:: shutdown:: start:: violations::
    hostile::allocators hostile::computing hostile::events hostile::growth hostile::instructions
    hostile::logging hostile::parameters hostile::results hostile::starts hostile::storms
    hostile::suspended hostile::tables hostile::turns
)

main() {
    local steps=(build budget test)
    if [ $# -gt 0 ]; then
        steps=("$1")
        shift
    fi
    if [ $# -gt 0 ]; then targets=("$@"); fi
    for step in "${steps[@]}"; do
        "step_$step"
    done
}

# All in the one way that needs nothing but Debian and gives the same bytes everywhere; two at a
# time, since linking takes most of the time and one processor.
step_build() {
    export FOOTLIGHT_RUST=debian
    scripts/cross.sh --setup
    printf '%s\n' "${targets[@]}" | xargs -P 2 -n 1 scripts/cross.sh
}

# Sizes; and, of the binary that runs here without an emulator, memory and the time to start.
step_budget() {
    local target size most over=
    for target in "${targets[@]}"; do
        size=$(stat -c %s "target/dist/$target/footlight")
        most=$(budget "$target")
        printf '%-32s %d bytes of %d\n' "$target" "$size" "$most"
        [ "$size" -le "$most" ] || over="$over $target"
    done
    if [ -n "$over" ]; then
        printf 'over the budget:%s\n' "$over" >&2
        exit 1
    fi
    case " ${targets[*]} " in
        *' x86_64-unknown-linux-musl '*)
            cargo test --quiet --bench profiles --locked -- budget target/dist/x86_64-unknown-linux-musl/footlight
            ;;
    esac
}

step_test() {
    scripts/as-board.sh --setup
    local target
    for target in "${targets[@]}"; do
        printf 'tests with %s\n' "$target"
        export FOOTLIGHT_BINARY=$PWD/target/dist/$target/footlight
        export FOOTLIGHT_RUNNER=$PWD/scripts/as-board.sh
        if [ "$target" = x86_64-unknown-linux-musl ]; then unset FOOTLIGHT_RUNNER; fi
        cargo test --quiet --test it --locked -- "${tests[@]}"
    done
}

main "$@"
