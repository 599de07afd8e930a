#!/usr/bin/env bash
# Shows how many bytes of a binary belong to each crate:
#
#   scripts/parts.sh FILE
#
# FILE must have symbols, like target/cross/debian/TARGET/footlight.symbols of scripts/cross.sh.
# The script counts the bytes of functions and named data. A generic or inlined function counts for
# the crate that uses it. Data without a name (texts, jump tables, relocations) does not count.
# Needs nm (binutils).
set -euo pipefail

nm --size-sort --print-size --radix=d --demangle "${1:?usage: $0 FILE}" | awk '
    BEGIN { split("core alloc std", words); for (i in words) library[words[i]] = 1 }
    $3 ~ /^[tTrRdDwWvV]$/ {
        size = $2 + 0
        name = $0
        sub(/^[0-9]+ [0-9]+ . /, "", name)
        # The first crate in the name that is not the standard library; otherwise the latter.
        crate = ""
        rest = name
        while (match(rest, /[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_{][A-Za-z0-9_#}]*)+/)) {
            found = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            sub(/::.*/, "", found)
            if (crate == "") crate = found
            if (!(found in library)) {
                crate = found
                break
            }
        }
        if (crate == "") crate = "C library and others"
        bytes[crate] += size
        all += size
    }
    END {
        for (crate in bytes) printf "%8d %5.1f %% %s\n", bytes[crate], 100 * bytes[crate] / all, crate
        printf "%8d       in all\n", all
    }' | sort -rn
