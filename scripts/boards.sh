#!/usr/bin/env bash
# Builds and checks the boards' binaries, holds them to their budgets, and runs the integration
# tests with each binary as its weakest target CPU.
#
#   scripts/boards.sh                   all steps
#   scripts/boards.sh build|budget|test [TARGET...]
#   scripts/boards.sh --all ...         with all tests on every board, and not on ARMv7 only
#
# Binaries for other processors run under qemu-user (scripts/as-board.sh). As root on Debian 12,
# this installs what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/need-packages.sh
source scripts/need-packages.sh

targets=(
    aarch64-unknown-linux-musl
    arm-unknown-linux-musleabihf
    armv7-unknown-linux-musleabihf
    x86_64-unknown-linux-musl
)

# The most bytes that a binary may have: its size when this was set, plus 1 %.
budget() {
    case $1 in
        */footlight-small) echo 1492238 ;;
        aarch64-*) echo 2779681 ;;
        arm-*) echo 2777948 ;;
        armv7-*) echo 1898735 ;;
        x86_64-*) echo 3164475 ;;
    esac
}

# The tests of what the program and the interpreter do on that processor. It leaves out what is the
# same on every processor: other projects' clients, systemd, reading manifests and modules.
tests=(
    answers:: brokers::hostile brokers::losing brokers::messages durable:: events:: examples:: faults:: handshakes:: instances:: keepalive:: limits:: mail:: pages::
    reach:: readme::the_quick_start several:: shutdown:: start:: violations::
    hostile::allocators hostile::computing hostile::events hostile::growth hostile::instructions
    hostile::logging hostile::parameters hostile::results hostile::starts hostile::storms
    hostile::suspended hostile::tables hostile::turns
)
# ARMv6 runs the same code as ARMv7, with other instructions, AArch64 has the word size of x86-64, and
# x86-64 is what the step `test` runs. So they get the tests of the interpreter and of the whole program,
# and `--all` adds the others.
sampled_tests=(
    answers:: durable:: events:: examples:: start:: hostile::computing hostile::growth
    hostile::instructions hostile::parameters hostile::results
)

main() {
    all=
    if [ "${1:-}" = --all ]; then
        all=1
        shift
    fi
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

# Builds all binaries with Debian's Rust: this needs only Debian and gives the same bytes
# everywhere. Two builds run at a time, because linking takes most of the time and one processor.
step_build() {
    export FOOTLIGHT_RUST=debian
    scripts/cross.sh --setup
    export -f build_one
    printf '%s\n' "${targets[@]}" | xargs -P 2 -I TARGET bash -ec 'build_one TARGET'
}

# Builds the binary of a target. For ARMv7, builds the smallest one as well, which shares all dependencies.
build_one() {
    scripts/cross.sh "$1"
    case $1 in armv7-*) scripts/cross.sh "$1" --no-default-features ;; esac
}

# Checks all sizes. Checks memory, start-up time and the instructions of an echo of the binary that needs
# no emulator here.
step_budget() {
    local target binary binaries=() size most over=
    for target in "${targets[@]}"; do
        binaries+=("$target/footlight")
        case $target in armv7-*) binaries+=("$target/footlight-small") ;; esac
    done
    for binary in "${binaries[@]}"; do
        size=$(stat -c %s "target/dist/$binary")
        most=$(budget "$binary")
        printf '%-46s %d bytes of %d\n' "$binary" "$size" "$most"
        [ "$size" -le "$most" ] || over="$over $binary"
    done
    if [ -n "$over" ]; then
        printf 'over the budget:%s\n' "$over" >&2
        exit 1
    fi
    case " ${targets[*]} " in
        *' x86_64-unknown-linux-musl '*)
            need_packages valgrind
            cargo test --quiet --bench profiles --all-features --locked -- budget target/dist/x86_64-unknown-linux-musl/footlight
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
        # Up to qemu 10.0, 32-bit emulation takes away the mapping behind one that mremap shrinks, and
        # hangs in its own fault handler (fixed upstream as "Re-reserve pages we just shrunk out of
        # the mapping"). The allocator shrinks mappings when much memory is freed, so the test with
        # the largest memories is left out there.
        local skip=()
        case $target in
            arm*)
                skip=(--skip growth::one_step_may_take_or_move_as_much_memory)
                printf 'left out, for the emulator: %s\n' "${skip[1]}"
                ;;
        esac
        local selected=("${tests[@]}")
        if [ -z "$all" ] && [[ $target != armv7-* ]]; then selected=("${sampled_tests[@]}"); fi
        # What builds without JavaScript say.
        if [[ $target = x86_64-* ]]; then selected+=(check::); fi
        cargo test --quiet --test it --locked -- "${skip[@]}" "${selected[@]}"
    done
}

main "$@"
