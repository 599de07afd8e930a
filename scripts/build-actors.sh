#!/usr/bin/env bash
# Rebuilds every .wasm file of examples/ and tests/guests/.
#
#   scripts/build-actors.sh              replaces the files that are in the repository
#   scripts/build-actors.sh --out DIR    writes DIR/examples/NAME/ (the actor, its manifest,
#                                        first state and page) and DIR/tests/guests/, and
#                                        leaves the files in the repository as they are
#
# What it needs, and installs itself where it runs as root on Debian 12:
#   Rust   any with the target wasm32-unknown-unknown, which is added by `rustup target add`
#          if it is missing. Where that fails: Debian's rustc-web, cargo-web, rust-web-src
#          and the lld of the same LLVM; that compiler builds the standard library too.
#   C      clang and wasm-ld (Debian: clang, lld)
#   WAT    wat2wasm and wasm-objdump (Debian: wabt)
#
# FOOTLIGHT_RUST=rustup or =debian allows only the one or the other Rust.
#
# The same sources and compiler give the same bytes in any folder. Two compilers do not.
set -euo pipefail

target=wasm32-unknown-unknown
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
home=${HOME:-/}
debian_std=/usr/lib/rustlib/src/rust

main() {
    parse_arguments "$@"
    stage=$(mktemp -d)
    trap 'rm -rf "$stage"' EXIT
    mkdir -p "$stage/tests/guests"

    need_wabt
    need_clang
    choose_rust

    build_workspace examples
    build_workspace tests/guests
    collect_examples
    collect_guests

    check_for_folders
    place
    print_table
}

fail() {
    printf 'build-actors: %s\n' "$*" >&2
    exit 1
}

# Runs a command and shows what it printed only if it fails.
quietly() {
    local status=0
    "$@" >"$stage/log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$stage/log" >&2
        fail "failed: $*"
    fi
}

parse_arguments() {
    out=
    # A new crate may add itself to Cargo.lock, but not where nothing is to change.
    lock_options=()
    [ $# -ne 0 ] || return 0
    if [ $# -ne 2 ] || [ "$1" != --out ] || [ -z "$2" ]; then
        fail "usage: $0 [--out DIR]"
    fi
    mkdir -p "$2"
    out=$(cd "$2" && pwd -P)
    lock_options=(--locked)
    [ "$out" != "$root" ] || fail "--out: that is the repository itself"
}

# ---- Tools ----------------------------------------------------------------------------

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

need_wabt() {
    if ! have wat2wasm || ! have wasm-objdump; then
        install_packages wabt
    fi
}

need_clang() {
    # clang looks for its linker in more places than PATH.
    if ! have clang || ! have "$(clang --print-prog-name=wasm-ld)"; then
        install_packages clang lld
    fi
}

# Sets `cargo`, a command with its environment, and what else differs by compiler.
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

# ---- Building -------------------------------------------------------------------------

# Panic messages name source files. These flags take the builder's folders out of them.
# Of several that fit, the compiler uses the last.
remap_flags() {
    local cargo_home=${CARGO_HOME:-$home/.cargo} folder flags=()
    [ "$home" = / ] || flags+=("$home=home")
    flags+=("$root=footlight" "$std_source=std")
    for folder in "$cargo_home"/registry/src/*/; do
        flags+=("${folder%/}=registry")
    done
    # A TOML list; '...' is a string without escapes.
    printf "target.%s.rustflags=[" "$target"
    printf "'--remap-path-prefix=%s'," "${flags[@]}"
    printf "]"
}

build_workspace() {
    # Cargo reads the .cargo/config.toml of the folder that it runs in.
    cd "$root/$1"
    # The folders under registry/src, which the flags name, have to be there first.
    quietly "${cargo[@]}" fetch --target "$target" \
        ${lock_options[@]+"${lock_options[@]}"}
    quietly "${cargo[@]}" build --release --target "$target" \
        --target-dir "$target_folder" --config "$(remap_flags)" \
        ${lock_options[@]+"${lock_options[@]}"} ${build_options[@]+"${build_options[@]}"}
    cd "$root"
}

# The file that build_workspace has made: WORKSPACE CRATE
built() {
    printf '%s' "$root/$1/$target_folder/$target/release/${2//-/_}.wasm"
}

# Every folder with a manifest is an example: a crate, a C file or a WAT file.
collect_examples() {
    local manifest folder name wasm
    for manifest in "$root"/examples/*/manifest.toml; do
        folder=$(dirname "$manifest")
        name=$(basename "$folder")
        wasm=$(sed -n 's/^component_path *= *"\([^"]*\)".*/\1/p' "$manifest")
        [ -n "$wasm" ] || fail "no component_path in $manifest"
        mkdir -p "$stage/examples/$name"
        wasm=$stage/examples/$name/$wasm

        if [ -f "$folder/Cargo.toml" ]; then
            cp "$(built examples "$name")" "$wasm"
        elif [ -f "$folder/$name.c" ]; then
            build_c "$folder/$name.c" "$wasm"
        elif [ -f "$folder/$name.wat" ]; then
            quietly wat2wasm "$folder/$name.wat" -o "$wasm"
        else
            fail "$folder has neither Cargo.toml nor $name.c nor $name.wat"
        fi
    done
}

build_c() {
    # The stack lies below all data, so that an overflow traps.
    quietly clang --target=wasm32-unknown-unknown -std=c11 -Os -Wall -Wextra \
        -ffreestanding -nostdlib \
        -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=4096 -Wl,--strip-all \
        -o "$2" "$1"
}

# Every crate under tests/guests/ that makes a module; the others are libraries for these.
collect_guests() {
    local cargo_toml name
    for cargo_toml in "$root"/tests/guests/*/Cargo.toml; do
        grep -q cdylib "$cargo_toml" || continue
        name=$(basename "$(dirname "$cargo_toml")")
        cp "$(built tests/guests "$name")" "$stage/tests/guests/$name.wasm"
    done
}

# ---- The results ----------------------------------------------------------------------

wasm_files() {
    (cd "$stage" && find . -name '*.wasm' | sort)
}

# No file may tell in which folders it was built. Of the repository only whole folders are
# looked for: its own name may be as common as /src.
check_for_folders() {
    local patterns=(-e index.crates.io
        -e "$root/examples" -e "$root/tests" -e "$root/wit-core")
    local file
    [ "$home" = / ] || patterns+=(-e "$home/")
    for file in $(wasm_files); do
        if grep -aqF "${patterns[@]}" "$stage/$file"; then
            fail "$file names a folder of the machine that built it"
        fi
    done
}

place() {
    rm -f "$stage/log"
    # Linkers mark what they make as executable; for a host this is data.
    find "$stage" -name '*.wasm' -exec chmod 644 {} +
    if [ -z "$out" ]; then
        cp -R "$stage/." "$root/"
        return
    fi
    local manifest folder
    for manifest in "$root"/examples/*/manifest.toml; do
        folder=$(dirname "$manifest")
        find "$folder" -maxdepth 1 \( -name manifest.toml -o -name '*.json' -o -name page \) \
            -exec cp -R {} "$stage/examples/$(basename "$folder")/" \;
    done
    cp -R "$stage/." "$out/"
}

print_table() {
    local file pages
    printf '%-42s %8s %6s\n' file bytes pages
    wasm_files | while read -r file; do
        pages=$(wasm-objdump -x -j Memory "$stage/$file" 2>/dev/null |
            sed -n 's/.*pages: initial=\([0-9]*\).*/\1/p')
        printf '%-42s %8d %6s\n' "${file#./}" "$(wc -c <"$stage/$file")" "${pages:--}"
    done
}

main "$@"
