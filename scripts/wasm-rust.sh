#!/usr/bin/env bash
# Finds a Rust that builds for wasm32-unknown-unknown. Read by other scripts, and run:
#
#   scripts/wasm-rust.sh ARGUMENTS    `cargo ARGUMENTS` in this folder, by that Rust
#
# That is any Rust with the target, which is added by `rustup target add` if it is missing. Where
# that fails it is Debian's rustc-web, cargo-web, rust-web-src and the lld of the same LLVM, which
# are installed where this runs as root; that compiler builds the standard library too.
#
# FOOTLIGHT_RUST=rustup or =debian allows only the one or the other Rust.
set -euo pipefail

target=wasm32-unknown-unknown
debian_std=/usr/lib/rustlib/src/rust

fail() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 1
}

# Runs a command and shows what it printed only if it fails.
quietly() {
    local status=0 log
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
        rm -f "$log"
        fail "failed: $*"
    fi
    rm -f "$log"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages, or says which are missing.
install_packages() {
    if ! have apt-get || [ "$(id -u)" -ne 0 ]; then
        fail "please install these, named here as Debian 12 names them: $*"
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive
        apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
    # An old index names packages that are no longer there.
    quietly "${apt[@]}" update
    quietly "${apt[@]}" install --no-install-recommends "$@"
}

# Sets `cargo`, a command with its environment, and what else differs by compiler; some of that
# only the scripts that read this one use.
# shellcheck disable=SC2034
choose_rust() {
    case ${FOOTLIGHT_RUST:-any} in
        any) use_rustup || use_debian ;;
        rustup) use_rustup || fail "this Rust has no $target and rustup cannot add it" ;;
        debian) use_debian ;;
        *) fail "FOOTLIGHT_RUST must be rustup or debian" ;;
    esac

    # Variables of these names would replace the flags that this script passes.
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
    unset CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS
}

# True if the Rust on PATH has the target, or now has.
# shellcheck disable=SC2034
use_rustup() {
    have cargo && have rustc || return 1
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] ||
        { have rustup && rustup target add "$target" >/dev/null 2>&1; } || return 1
    cargo=(cargo)
    build_options=()
    target_folder=target
    std_source=$(rustc --print sysroot)/lib/rustlib/src/rust
}

# Debian's second Rust, whose compiler and source of std are of one version.
# shellcheck disable=SC2034
use_debian() {
    if [ ! -x /usr/bin/rustc ] || [ ! -x /usr/bin/cargo ] || [ ! -d "$debian_std/library/std" ]
    then
        install_packages rustc-web cargo-web rust-web-src
    fi

    # The linker reads what the compiler's LLVM writes, so it has to be as new.
    local llvm
    llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    [ -n "$llvm" ] || fail "/usr/bin/rustc does not say which LLVM it has"
    have "wasm-ld-$llvm" || install_packages "lld-$llvm"

    cargo=(env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(command -v "wasm-ld-$llvm")"
        /usr/bin/cargo)
    build_options=(-Z "build-std=std,panic_abort")
    # Two compilers cannot share one folder.
    target_folder=target/debian
    std_source=$debian_std
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    choose_rust
    [ $# -gt 0 ] || fail "usage: $0 CARGO-ARGUMENTS"
    exec "${cargo[@]}" "$@" ${build_options[@]+"${build_options[@]}"}
fi
