#!/usr/bin/env bash
# rivals.sh [flags of ./bench]: the engine, Asterisk and rtpengine under the same load in one run, alternating, each alone on
# one processor. RIVALS_KIT names the folder of the kit that has them, AST_DIR where it has put its Asterisk.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${RIVALS_KIT:?the folder of the rivals kit}"
ulimit -n "$(ulimit -Hn)"
ip netns list | grep -qw astbench || ip netns add astbench
ip -n astbench link set lo up
make -s build
exec go run ./bench -kit "$RIVALS_KIT" "$@"
