#!/usr/bin/env bash
# Speaks every prompt of prompts.tsv with espeak-ng and writes it as an 8 kHz A-law WAV, which is what a trunk carries: a
# committed prompt costs 8 kB a second. Without dither (-D) the same text is always the same file. Needs espeak-ng and sox (`make prompts` installs them).
set -euo pipefail
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT

# Characters with several readings of which espeak-ng knows the wrong one, as pinyin.
readings() { sed -e 's/重新/chong2新/g' -e 's/处理/chu3理/g' -e 's/回应/回ying4/g'; }

# The voice must be cmn-latn-pinyin: cmn reads the tones out as English numbers ("yi one").
speak() { # language, espeak voice, words a minute, name, text
  local out="$1/$4.wav"
  espeak-ng -v "$2" -s "$3" -p 45 -a 160 -w "$tmp/raw.wav" -- "$(readings <<< "$5")"
  # Cut the silence at both ends so that numbers run together, then leave a breath after it.
  sox -D "$tmp/raw.wav" -r 8000 -c 1 "$tmp/cut.wav" gain -6 highpass 120 lowpass 3600 \
    silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse gain -n -4
  sox -D "$tmp/cut.wav" -e a-law -b 8 "$out" pad 0.02 0.06
}

mkdir -p zh-CN en-US
while IFS=$'\t' read -r name zh en; do
  case "$name" in ''|'#'*) continue ;; esac
  [ "$zh" = - ] || speak zh-CN cmn-latn-pinyin 190 "$name" "$zh"
  [ "$en" = - ] || speak en-US en-us 160 "$name" "$en"
done < prompts.tsv

# Hold music: four soft chords of plucked strings, 16 s, made here so that nobody's rights are touched. Its ends are
# silent, so that it loops without a click.
notes() { # file, notes one after another, half a second each
  local f="$1" i=0; shift
  local parts=()
  for n in "$@"; do
    sox -D -R -n -r 8000 -c 1 "$tmp/n$i.wav" synth 1.6 pluck "$n" fade t 0.005 1.6 1.0 pad "$(awk "BEGIN{print $i*0.5}")" gain -12
    parts+=("$tmp/n$i.wav"); i=$((i+1))
  done
  sox -D -m "${parts[@]}" -r 8000 -c 1 "$tmp/$f" gain -3 trim 0 4
}
notes a.wav C4 G4 E4 G4 C5 G4 E4 G4
notes b.wav A3 E4 C4 E4 A4 E4 C4 E4
notes c.wav F3 C4 A3 C4 F4 C4 A3 C4
notes d.wav G3 D4 B3 D4 G4 D4 B3 D4
sox -D "$tmp/a.wav" "$tmp/b.wav" "$tmp/c.wav" "$tmp/d.wav" "$tmp/music.wav" gain -3 lowpass 2600 fade t 0.05 16 0.4 gain -n -14
sox -D "$tmp/music.wav" -e a-law -b 8 music.wav
