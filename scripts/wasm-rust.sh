#!/usr/bin/env bash
# Finds a Rust that builds for wasm32-unknown-unknown. Other scripts source this file. Run alone:
#
#   scripts/wasm-rust.sh ARGUMENTS    runs `cargo ARGUMENTS` in this folder with that Rust
#
# It takes any Rust with the target, and tries `rustup target add` if the target is missing. If
# that fails, it takes Debian's rustc-web, cargo-web, rust-web-src and the lld of the same LLVM. As
# root it installs them. That compiler also builds the standard library.
#
# FOOTLIGHT_RUST=rustup or =debian allows only that Rust.
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
    # An old index lists packages that no longer exist.
    quietly "${apt[@]}" update
    quietly "${apt[@]}" install --no-install-recommends "$@"
}

# Sets `cargo`, a command with its environment, and other variables that differ by compiler. Some
# of them are only for the scripts that source this one.
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

# True if the Rust on PATH has the target, or has it now.
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

# Takes Debian's second Rust, whose compiler and source of std have the same version.
# shellcheck disable=SC2034
use_debian() {
    if [ ! -x /usr/bin/rustc ] || [ ! -x /usr/bin/cargo ] || [ ! -d "$debian_std/library/std" ]
    then
        install_packages rustc-web cargo-web rust-web-src
    fi

    # The linker must be as new as the compiler's LLVM, whose output it reads.
    local llvm
    llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    [ -n "$llvm" ] || fail "/usr/bin/rustc does not say which LLVM it has"
    have "wasm-ld-$llvm" || install_packages "lld-$llvm"

    cargo=(env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(command -v "wasm-ld-$llvm")"
        /usr/bin/cargo)
    build_options=(-Z "build-std=std,panic_abort")
    # Two compilers can't share one folder.
    target_folder=target/debian
    std_source=$debian_std
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    choose_rust
    [ $# -gt 0 ] || fail "usage: $0 CARGO-ARGUMENTS"
    exec "${cargo[@]}" "$@" ${build_options[@]+"${build_options[@]}"}
fi
