#!/usr/bin/env bash
# Runs wit-core's tests under Miri, which finds undefined behaviour, overflow and leaks.
#
#   scripts/miri.sh [--optional] [TEST ARGUMENTS]
#
# It needs a nightly toolchain with the components miri and rust-src. If they are missing, rustup
# adds them. With --optional, the script succeeds if it can't have them. PROPTEST_CASES is the
# number of values for each property; the default of 2 takes a few minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

optional=
if [ "${1:-}" = --optional ]; then
    optional=1
    shift
fi

has_miri() { cargo +nightly miri --version >/dev/null 2>&1; }

if ! has_miri; then
    rustup toolchain install nightly --profile minimal -c miri,rust-src >/dev/null 2>&1 || true
fi
if ! has_miri; then
    printf 'miri: %s\n' 'there is no Miri here; try: rustup toolchain install nightly -c miri,rust-src' >&2
    [ -n "$optional" ] || exit 1
    printf 'miri: SKIPPED\n' >&2
    exit 0
fi

# proptest reads the current folder, which Miri's isolation forbids.
export MIRIFLAGS="-Zmiri-disable-isolation ${MIRIFLAGS:-}"
export PROPTEST_CASES=${PROPTEST_CASES:-2}
cargo +nightly miri test -p footlight-wit-core --locked "$@"
