#!/usr/bin/env bash
# Runs the fuzz targets, which cover all code that reads foreign bytes.
#
#   scripts/fuzz.sh                        every target for half an hour
#   scripts/fuzz.sh SECONDS [TARGET...]    these targets, or all, for this long each
#   scripts/fuzz.sh --asan ...             with the address sanitizer, at half the speed
#   scripts/fuzz.sh --list                 the targets
#
# A run begins with the inputs in fuzz/corpus/TARGET (not committed), in fuzz/seeds/TARGET, and
# with the actors of this repository. It adds interesting inputs to fuzz/corpus/TARGET, where the
# next run continues. It puts an input that fails into fuzz/artifacts/TARGET, and the script fails.
#
# It needs any Rust that builds the project, a C++ compiler (as root on Debian 12 the script
# installs one), and cargo-fuzz (if missing, the script installs it into target/tools).
#
# Without --asan it needs no nightly toolchain, and runs the same code as a release. That is
# enough for this project's own code, which has no `unsafe`. wasmi's fast dispatch does not work
# with the address sanitizer, so with --asan wasmi uses its portable dispatch. --asan needs a
# nightly toolchain; without one it uses the installed toolchain with RUSTC_BOOTSTRAP=1.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
targets=(lift lower request body response server_answer proxy_header lower_result manifest module guest actor store_open store_sequence broker)

main() {
    asan=
    case ${1:-} in
        --list) printf '%s\n' "${targets[@]}" && exit ;;
        --asan) asan=1 && shift ;;
    esac
    local seconds=${1:-1800}
    [[ $seconds =~ ^[0-9]+$ ]] || fail "usage: $0 [--asan] [SECONDS [TARGET...]]"
    if [ $# -gt 1 ]; then targets=("${@:2}"); fi

    cd "$root"
    need_compiler
    need_cargo_fuzz
    choose_mode
    # Check the names first, so that a misspelt one is reported at once.
    local target
    for target in "${targets[@]}"; do
        [ -f "fuzz/fuzz_targets/$target.rs" ] || fail "there is no target $target; see --list"
    done
    "${cargo[@]}" fuzz build "${mode[@]}"

    # A target has one thread, so there is one for each processor at a time.
    local failed=() processes=() process
    for target in "${targets[@]}"; do
        while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
        run "$target" "$seconds" &
        processes+=("$!:$target")
    done
    for process in "${processes[@]}"; do
        wait "${process%%:*}" || failed+=("${process#*:}")
    done
    [ ${#failed[@]} -eq 0 ] || fail "found something: ${failed[*]}"
}

fail() {
    printf 'fuzz: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# libFuzzer is C++.
need_compiler() {
    if have c++ || have "${CXX:-g++}"; then return; fi
    if ! have apt-get || [ "$(id -u)" -ne 0 ]; then
        fail "please install a C++ compiler (Debian: g++)"
    fi
    apt-get -qq -o Acquire::Retries=3 update
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 install -y \
        --no-install-recommends g++ >/dev/null
}

need_cargo_fuzz() {
    export PATH=$PATH:$root/target/tools/bin
    if ! have cargo-fuzz; then
        cargo install --debug --locked --quiet cargo-fuzz --root target/tools
    fi
}

# Sets `cargo` and `mode`, the options for the build. -O keeps cargo-fuzz from turning wasmi's
# debug assertions on. fuzz/Cargo.toml turns those of all other crates on.
choose_mode() {
    cargo=(cargo)
    mode=(-O -s none)
    [ -n "$asan" ] || return 0
    mode=(-O -s address --features portable)
    if have rustup && rustup run nightly rustc --version >/dev/null 2>&1; then
        cargo=(cargo +nightly)
    else
        export RUSTC_BOOTSTRAP=1
    fi
}

# libFuzzer's options for a target: the maximum length of inputs, and whether long inputs may come
# before all short ones have been tried.
options() {
    case $1 in
        lift) printf '%s\n' -max_len=2048 ;;
        lower) printf '%s\n' -max_len=1024 ;;
        request) printf '%s\n' -max_len=1024 ;;
        body) printf '%s\n' -max_len=2048 -dict=fuzz/dictionaries/http.dict ;;
        response | server_answer) printf '%s\n' -max_len=4096 -dict=fuzz/dictionaries/http.dict ;;
        proxy_header) printf '%s\n' -max_len=1100 ;;
        lower_result) printf '%s\n' -max_len=2048 -len_control=0 ;;
        manifest) printf '%s\n' -max_len=4096 -dict=fuzz/dictionaries/manifest.dict ;;
        module) printf '%s\n' -max_len=32768 ;;
        guest) printf '%s\n' -max_len=2048 -len_control=0 ;;
        actor) printf '%s\n' -max_len=1024 -len_control=0 ;;
        store_open) printf '%s\n' -max_len=4096 -len_control=0 ;;
        store_sequence) printf '%s\n' -max_len=1024 -len_control=0 ;;
        broker) printf '%s\n' -max_len=1024 -len_control=0 ;;
    esac
}

# Copies the repository's own files to the seeds, beside the committed ones.
own_files() {
    local file
    case $1 in
        manifest) set -- examples/*/manifest.toml ;;
        module) set -- examples/*/*.wasm tests/guests/*.wasm ;;
        *) return 0 ;;
    esac
    for file in "$@"; do
        cp "$file" "$corpus/${file//\//_}"
    done
}

# Runs one target and prints the last line of its output, or all of it if the target fails.
run() {
    local target=$1 seconds=$2 status=0 log more seeds=()
    corpus=fuzz/corpus/$target
    mkdir -p "$corpus"
    # Not every target has seeds.
    if [ -d "fuzz/seeds/$target" ]; then seeds=("fuzz/seeds/$target"); fi
    own_files "$target"
    log=$(mktemp)
    mapfile -t more < <(options "$target")
    "${cargo[@]}" fuzz run "${mode[@]}" "$target" "$corpus" "${seeds[@]}" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 "${more[@]}" \
        >"$log" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        printf '%-12s %s\n' "$target" "$(grep -E '^#[0-9]+.DONE' "$log" | tail -n 1)"
    else
        grep -vE '^#[0-9]+' "$log" >&2 || true
        printf '%-12s FAILED: the input is in fuzz/artifacts/%s, see above\n' "$target" "$target" >&2
    fi
    rm -f "$log"
    return "$status"
}

main "$@"
