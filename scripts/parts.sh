#!/usr/bin/env bash
# What is in a binary, by crate:
#
#   scripts/parts.sh FILE
#
# FILE has its symbols, such as target/cross/debian/TARGET/footlight.symbols of scripts/cross.sh.
# Counted are the bytes of functions and named data. A function that is generic, or was put into
# another, counts where it came to be used; what has no name (texts, tables of jumps, relocations)
# counts nowhere. Needs nm (binutils).
set -euo pipefail

nm --size-sort --print-size --radix=d --demangle "${1:?usage: $0 FILE}" | awk '
    BEGIN { split("core alloc std", words); for (i in words) library[words[i]] = 1 }
    $3 ~ /^[tTrRdDwWvV]$/ {
        size = $2 + 0
        name = $0
        sub(/^[0-9]+ [0-9]+ . /, "", name)
        # The first crate that it names and that is not the standard library, else that.
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
