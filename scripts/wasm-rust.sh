#!/usr/bin/env bash
# Finds a Rust that builds for wasm32-unknown-unknown, or for wasm32-wasip1. Other scripts source this
# file. Run alone:
#
#   scripts/wasm-rust.sh ARGUMENTS    runs `cargo ARGUMENTS` in this folder with that Rust
#
# It takes any Rust with the target, and tries `rustup target add` if the target is missing. If
# that fails, it takes Debian's rustc-web, cargo-web, rust-web-src and the lld of the same LLVM. As
# root it installs them. That compiler also builds the standard library. For wasm32-wasip1 it needs
# Debian's wasi-libc too.
#
# FOOTLIGHT_RUST=rustup or =debian allows only that Rust.
set -euo pipefail

debian_std=/usr/lib/rustlib/src/rust
debian_libc=/usr/lib/wasm32-wasi

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

# TARGET: sets `cargo`, a command with its environment, and other variables that differ by compiler.
# Some of them are only for the scripts that source this one.
# shellcheck disable=SC2034
choose_rust() {
    target=$1
    case ${FOOTLIGHT_RUST:-any} in
        any) use_rustup || use_debian ;;
        rustup) use_rustup || fail "this Rust has no $target and rustup cannot add it" ;;
        debian) use_debian ;;
        *) fail "FOOTLIGHT_RUST must be rustup or debian" ;;
    esac

    # Variables of these names would replace the flags that this script passes.
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
    unset CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS
}

# True if the Rust on PATH has the target, or has it now.
# shellcheck disable=SC2034
use_rustup() {
    have cargo && have rustc || return 1
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] ||
        { have rustup && rustup target add "$target" >/dev/null 2>&1; } || return 1
    cargo=(cargo)
    build_options=()
    link_flags=()
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

    local linker=${target^^}
    linker=CARGO_TARGET_${linker//-/_}_LINKER=$(command -v "wasm-ld-$llvm")
    cargo=(env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "$linker" /usr/bin/cargo)
    link_flags=()
    if [ "$target" = wasm32-wasip1 ]; then
        [ -f $debian_libc/crt1-reactor.o ] || install_packages wasi-libc
        # rustup's Rust has these files. This one has to be told of them.
        link_flags=("-Clink-self-contained=no" "-L$debian_libc" "-Clink-arg=$debian_libc/crt1-reactor.o")
    fi
    build_options=(-Z "build-std=std,panic_abort")
    # Two compilers can't share one folder.
    target_folder=target/debian
    std_source=$debian_std
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    choose_rust wasm32-unknown-unknown
    [ $# -gt 0 ] || fail "usage: $0 CARGO-ARGUMENTS"
    exec "${cargo[@]}" "$@" ${build_options[@]+"${build_options[@]}"}
fi
