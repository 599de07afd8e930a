#!/usr/bin/env bash
# Tries the store at length: power cuts on a simulated disk, and kills of the host under load.
#
#   scripts/power-cuts.sh [CUTS [KILLS]]     5,000,000 cuts and 1,000 kills, if not given
#
# The tests of the workspace do fewer of both. A failure names the seed of the run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

FOOTLIGHT_CUTS=${1:-5000000} cargo test --release --locked -p footlight-store --test it cuts -- --nocapture
FOOTLIGHT_KILLS=${2:-1000} cargo test --locked --test it durable::kills -- --nocapture
