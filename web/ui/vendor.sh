#!/usr/bin/env bash
# Brings the pages' libraries from npm at pinned versions into vendor/, with their licences and checksums. The files are
# committed as they come, but for imports: a browser without an import map (the CSP forbids an inline one) needs paths.
# The .d.ts beside them are ours: what the pages use of each library.
set -euo pipefail
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT

bring() { # package, version, folder, files…
  local pkg=$1 version=$2 dir=vendor/$3; shift 3
  (cd "$tmp" && npm pack --silent "$pkg@$version" >/dev/null)
  local tgz; tgz=$(ls "$tmp"/*.tgz)
  mkdir -p "$tmp/x" "$dir"
  tar xzf "$tgz" -C "$tmp/x"
  for f in "$@"; do cp "$tmp/x/package/$f" "$dir/"; done
  cp "$tmp/x/package/LICENSE" "$dir/LICENSE"
  echo "$pkg $version" > "$dir/VERSION"
  rm -r "$tgz" "$tmp/x"
}

# A library that comes in many files, with libraries of its own, as one module. Versions of all of them are pinned.
bundle() { # folder, entry, packages…
  local name=$1 dir=vendor/$1 entry=$2; shift 2
  mkdir -p "$tmp/b" "$dir"
  (cd "$tmp/b" && npm init -y >/dev/null && npm install --silent --ignore-scripts --no-audit --no-fund "$@" esbuild@0.28.2 >/dev/null)
  "$tmp/b/node_modules/.bin/esbuild" "$tmp/b/node_modules/$entry" --bundle --format=esm --minify --legal-comments=none \
    --target=es2022 --log-level=warning --outfile="$dir/$name.esm.js"
  : > "$dir/LICENSE"; : > "$dir/VERSION"
  for p in "$@"; do
    echo "${p%@*} ${p##*@}" >> "$dir/VERSION"
    { echo "== ${p%@*}"; cat "$tmp/b/node_modules/${p%@*}"/LICENSE* 2>/dev/null || cat "$tmp/b/node_modules/${p%@*}"/[Ll]icense*; echo; } >> "$dir/LICENSE"
  done
  rm -r "$tmp/b"
}

find vendor -type f ! -name '*.d.ts' -delete
bring preact 10.29.8 preact dist/preact.module.js hooks/dist/hooks.module.js
bring @preact/signals-core 1.14.5 signals-core dist/signals-core.module.js
bring @preact/signals 2.11.4 signals dist/signals.module.js
bring htm 3.1.1 htm dist/htm.module.js
bring uplot 1.6.32 uplot dist/uPlot.esm.js dist/uPlot.min.css
bring wavesurfer.js 8.0.1 wavesurfer dist/wavesurfer.esm.js
bundle jssip jssip/lib/JsSIP.js jssip@3.13.8 debug@4.4.3 ms@2.1.3 events@3.3.0 sdp-transform@2.15.0

for f in $(find vendor -name '*.js'); do
  sed -i -E \
    -e 's#(from ?)"preact/hooks"#\1"../preact/hooks.module.js"#g; s#(from ?)"preact"#\1"../preact/preact.module.js"#g' \
    -e 's#(from ?)"@preact/signals-core"#\1"../signals-core/signals-core.module.js"#g' \
    -e 's,//# sourceMappingURL=.*$,,' "$f"
done
# Its shadow root begins with a style element, which the pages' policy would block: as a template its text stays, and the
# page adopts it as a constructed style sheet.
sed -i -e 's#<style${i?` nonce="${i}"`:""}>#<template>#' -e 's#</style>#</template>#' vendor/wavesurfer/wavesurfer.esm.js
grep -q '<template>' vendor/wavesurfer/wavesurfer.esm.js
find vendor -type f ! -name CHECKSUMS ! -name '*.d.ts' | LC_ALL=C sort | xargs sha256sum > "$tmp/sums"
mv "$tmp/sums" vendor/CHECKSUMS
