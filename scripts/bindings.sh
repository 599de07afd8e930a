#!/usr/bin/env bash
# Makes the bindings in the projects of `footlight new`, and of the engine for JavaScript, anew from the
# WIT files.
#
#   scripts/bindings.sh            replaces src/new/*/src/bindings.rs, src/new/api/src/http.rs, and
#                                  engines/javascript/src/bindings.rs
#   scripts/bindings.sh --check    fails if they are not what the WIT files give
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
wit=$root/wit-core/wit
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# As build.rs puts them into the projects.
mkdir -p "$stage/hello" "$stage/host/deps/footlight" "$stage/host/deps/theater"
cp "$wit/guide/theater.wit" "$stage/hello"
cp "$root/src/new/host/wit/world.wit" "$stage/host"
cp "$wit/host/host.wit" "$stage/host/deps/footlight"
cp "$wit/guide/theater.wit" "$stage/host/deps/theater"

# The engine's form of the interface is `result`: its calls can fail without a trap.
mkdir -p "$stage/engine/deps/"{footlight,theater,script}
cp "$root/engines/javascript/wit/world.wit" "$stage/engine"
cp "$root/engines/javascript/wit/script.wit" "$stage/engine/deps/script"
cp "$wit/host/host.wit" "$stage/engine/deps/footlight"
cp "$wit/result/theater.wit" "$stage/engine/deps/theater"

status=0
while read -r template world file; do
    file=$root/$file
    cargo run --quiet --locked --manifest-path "$root/scripts/bindings/Cargo.toml" \
        --target-dir "$root/target/bindings" -- "$stage/$template" "$world" >"$stage/new"
    if [ "${1:-}" != --check ]; then
        cp "$stage/new" "$file"
    elif ! cmp -s "$stage/new" "$file"; then
        printf '%s: is not what the WIT files give; run scripts/bindings.sh\n' "$file" >&2
        status=1
    fi
done <<'WORLDS'
hello websocket-actor src/new/hello/src/bindings.rs
host actor src/new/host/src/bindings.rs
hello http-actor src/new/api/src/http.rs
engine engine engines/javascript/src/bindings.rs
WORLDS
exit "$status"
