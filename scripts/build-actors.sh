#!/usr/bin/env bash
# Rebuilds every .wasm file of engines/, examples/ and tests/guests/.
#
#   scripts/build-actors.sh              replaces the files in the repository
#   scripts/build-actors.sh --out DIR    writes DIR/examples/NAME/ (the actor, its manifest,
#                                        first state, page and folder), DIR/engines/ and
#                                        DIR/tests/guests/, and leaves the files in the repository
#                                        as they are
#   scripts/build-actors.sh engines        replaces only those of engines/
#
# It needs these, and installs them as root on Debian 12. scripts/snapshot is built for this machine:
#   Rust   one that builds for wasm32-unknown-unknown and wasm32-wasip1: see scripts/wasm-rust.sh
#   C      clang and wasm-ld (Debian: clang, lld)
#   WAT    wat2wasm and wasm-objdump (Debian: wabt)
#   size   wasm-opt (Debian: binaryen)
#
# FOOTLIGHT_RUST=rustup or =debian allows only that Rust.
#
# The same sources and compiler give the same bytes in any folder. Another compiler gives others.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
home=${HOME:-/}
# shellcheck source=scripts/wasm-rust.sh
. "$root/scripts/wasm-rust.sh"

# Guests that are written and built as Theater's actors were.
theater=(theater-february theater-march)
# Guests that are built for wasm32-wasip1, as `cargo component build` does. The tests make components of
# them.
wasip1=(events typed result renamed "${theater[@]}")

main() {
    parse_arguments "$@"
    stage=$(mktemp -d)
    trap 'rm -rf "$stage"' EXIT
    mkdir -p "$stage/tests/guests/wasip1"

    need_wabt
    need_clang
    choose_rust wasm32-unknown-unknown

    build_workspace engines/javascript
    need_wasm_opt
    collect_engines
    if [ "$engines_only" = 0 ]; then
        build_examples_and_guests
    fi

    check_for_folders
    place
    print_table
}

build_examples_and_guests() {
    build_workspace examples
    # Theater's actors need WASI.
    build_workspace tests/guests --workspace "${theater[@]/#/--exclude=}"
    collect_examples
    collect_guests

    choose_rust wasm32-wasip1
    build_workspace tests/guests "${wasip1[@]/#/--package=}"
    collect_wasip1
}

parse_arguments() {
    out=
    engines_only=0
    # A new crate may change Cargo.lock, except with --out, which changes nothing here.
    lock_options=()
    [ $# -ne 0 ] || return 0
    if [ "$*" = engines ]; then
        engines_only=1
        return
    fi
    if [ $# -ne 2 ] || [ "$1" != --out ] || [ -z "$2" ]; then
        fail "usage: $0 [--out DIR | engines]"
    fi
    mkdir -p "$2"
    out=$(cd "$2" && pwd -P)
    lock_options=(--locked)
    [ "$out" != "$root" ] || fail "--out: that is the repository itself"
}

# ---- Tools ----------------------------------------------------------------------------

need_wabt() {
    if ! have wat2wasm || ! have wasm-objdump; then
        install_packages wabt
    fi
}

need_wasm_opt() {
    have wasm-opt || install_packages binaryen
}

need_clang() {
    # clang looks for its linker in more places than PATH.
    if ! have clang || ! have "$(clang --print-prog-name=wasm-ld)"; then
        install_packages clang lld
    fi
}

# ---- Building -------------------------------------------------------------------------

# Panic messages name source files. These flags remove the builder's folders from them, and link what
# the compiler does not find by itself.
# If several flags match, the compiler uses the last.
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
    [ ${#link_flags[@]} -eq 0 ] || printf "'%s'," "${link_flags[@]}"
    printf "]"
}

# WORKSPACE OPTION...
build_workspace() {
    # Cargo reads the .cargo/config.toml of the folder that it runs in.
    cd "$root/$1"
    shift
    # The folders under registry/src, which the flags name, have to be there first.
    quietly "${cargo[@]}" fetch --target "$target" \
        ${lock_options[@]+"${lock_options[@]}"}
    quietly "${cargo[@]}" build --release --target "$target" \
        --target-dir "$target_folder" --config "$(remap_flags)" "$@" \
        ${lock_options[@]+"${lock_options[@]}"} ${build_options[@]+"${build_options[@]}"}
    cd "$root"
}

# WORKSPACE CRATE: prints the file that build_workspace has made.
built() {
    printf '%s' "$root/$1/$target_folder/$target/release/${2//-/_}.wasm"
}

# QuickJS is C, which the engine's crate compiles with clang. It prepares itself here, rather than in each
# process that runs a script.
collect_engines() {
    mkdir -p "$stage/engines/javascript"
    local optimised=$root/target/snapshot/javascript.wasm
    mkdir -p "$root/target/snapshot"
    optimise "$(built engines/javascript javascript)" "$optimised"
    quietly cargo run --quiet --locked --manifest-path "$root/scripts/snapshot/Cargo.toml" \
        --target-dir "$root/target/snapshot" -- \
        "$optimised" "$stage/engines/javascript/javascript.wasm"
}

# Every folder with a manifest, or with one for each of its hosts, is an example: a crate, a C file, a WAT
# file, or a script, which nothing builds. The pattern leaves Cargo.toml out.
collect_examples() {
    local manifest folder name wasm
    for manifest in "$root"/examples/*/[!C]*.toml; do
        folder=$(dirname "$manifest")
        name=$(basename "$folder")
        wasm=$(sed -n 's/^component_path *= *"\([^"]*\)".*/\1/p' "$manifest")
        [ -n "$wasm" ] || fail "no component_path in $manifest"
        mkdir -p "$stage/examples/$name"
        wasm=$stage/examples/$name/$wasm

        if [[ $wasm = *.js ]]; then
            cp "$folder/$(basename "$wasm")" "$wasm"
        elif [ -f "$folder/Cargo.toml" ]; then
            optimise "$(built examples "$name")" "$wasm"
        elif [ -f "$folder/$name.c" ]; then
            build_c "$folder/$name.c" "$wasm"
        elif [ -f "$folder/$name.wat" ]; then
            quietly wat2wasm "$folder/$name.wat" -o "$wasm"
        else
            fail "$folder has neither Cargo.toml nor $name.c nor $name.wat"
        fi
    done
}

# FILE RESULT: makes a module smaller, by a fifth where there is JSON. That takes less time to load, and as
# long to run.
optimise() {
    quietly wasm-opt -O2 --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
        --enable-nontrapping-float-to-int --strip-producers "$1" -o "$2"
}

build_c() {
    # The stack is below all data, so that an overflow traps.
    quietly clang --target=wasm32-unknown-unknown -std=c11 -Os -Wall -Wextra \
        -ffreestanding -nostdlib \
        -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=4096 -Wl,--strip-all \
        -o "$2" "$1"
}

# Every crate under tests/guests/ that makes a module. The others are libraries for these.
collect_guests() {
    local cargo_toml name
    for cargo_toml in "$root"/tests/guests/*/Cargo.toml; do
        grep -q cdylib "$cargo_toml" || continue
        name=$(basename "$(dirname "$cargo_toml")")
        case " ${theater[*]} " in *" $name "*) continue ;; esac
        cp "$(built tests/guests "$name")" "$stage/tests/guests/$name.wasm"
    done
}

collect_wasip1() {
    local name
    for name in "${wasip1[@]}"; do
        cp "$(built tests/guests "$name")" "$stage/tests/guests/wasip1/$name.wasm"
    done
}

# ---- The results ----------------------------------------------------------------------

wasm_files() {
    (cd "$stage" && find . -name '*.wasm' | sort)
}

# No file may contain the folders in which it was built. The search looks for whole folders of the
# repository, because its own name may be as common as /src.
check_for_folders() {
    local patterns=(-e index.crates.io
        -e "$root/engines" -e "$root/examples" -e "$root/tests" -e "$root/wit-core")
    local file
    [ "$home" = / ] || patterns+=(-e "$home/")
    for file in $(wasm_files); do
        if grep -aqF "${patterns[@]}" "$stage/$file"; then
            fail "$file names a folder of the machine that built it"
        fi
    done
}

place() {
    # Linkers mark their output as executable, but for the host it is data.
    find "$stage" -name '*.wasm' -exec chmod 644 {} +
    if [ -z "$out" ]; then
        cp -R "$stage/." "$root/"
        return
    fi
    local manifest folder
    for manifest in "$root"/examples/*/[!C]*.toml; do
        folder=$(dirname "$manifest")
        cp "$manifest" "$stage/examples/$(basename "$folder")/"
        find "$folder" -maxdepth 1 \( -name '*.json' -o -name page -o -name leds \) \
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
