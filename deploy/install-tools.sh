#!/usr/bin/env bash
# Installs the Debian packages named, if they are not there. On other systems it says what is missing.
set -euo pipefail
missing=()
for p in "$@"; do
  case "$p" in # a package whose program may have come another way
    nodejs) command -v node >/dev/null && continue ;;
    prometheus) command -v prometheus >/dev/null && command -v promtool >/dev/null && continue ;;
    npm|sox|espeak-ng|chromium) command -v "$p" >/dev/null && continue ;;
  esac
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "please install: ${missing[*]}" >&2
  exit 1
fi
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# RUNLEVEL=1: what is installed for tests starts no service of its own (invoke-rc.d(8))
$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}"
