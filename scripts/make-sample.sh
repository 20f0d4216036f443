#!/bin/sh
# Makes a talking film to try Reprise with: synthesized speech over a test picture, the same bytes each time.
# Usage: make-sample.sh OUT.mp4 [SENTENCES]
#   OUT.mp4    is replaced; its directory is made where there is none
#   SENTENCES  how many of the seven sentences are said: 7 by default, about 25 s; 2 make about 8 s
# Needs flite, sox and ffmpeg.
set -eu

sentence() {
  case $1 in
    1) echo 'Good morning, and welcome to the workshop.' ;;
    2) echo 'Today we will talk about the history of our city.' ;;
    3) echo 'The river is very important for the people who live here.' ;;
    4) echo 'Many years ago, there was a small market near the bridge.' ;;
    5) echo 'On every Monday, the farmers came to sell their bread.' ;;
    6) echo 'Now the children of the city play in the park near the school.' ;;
    7) echo 'After the meeting, we will walk to the bridge together.' ;;
  esac
}

fail() {
  printf 'make-sample.sh: %s\n' "$1" >&2
  exit "$2"
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  fail 'usage: make-sample.sh OUT.mp4 [SENTENCES]' 2
fi
out=$1
sentences=${2:-7}
case $sentences in
  [1-7]) ;;
  *) fail "SENTENCES is a number from 1 to 7, not '$sentences'" 2 ;;
esac
for tool in flite sox ffmpeg; do
  command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing; on Debian: apt-get install flite sox ffmpeg" 3
done

case $out in
  /*) ;;
  *) out=$PWD/$out ;;
esac
mkdir -p -- "$(dirname -- "$out")"
work=$(mktemp -d)
trap 'rm -rf -- "$work" "$out.part"' EXIT
trap 'exit 130' HUP INT TERM

sox -R -n -r 16000 -c 1 -b 16 "$work/gap.wav" trim 0 0.6
set -- # The recordings to join: each sentence, then a pause.
number=1
while [ "$number" -le "$sentences" ]; do
  flite -voice rms -t "$(sentence "$number")" -o "$work/$number.wav"
  set -- "$@" "$work/$number.wav" "$work/gap.wav"
  number=$((number + 1))
done
sox -R "$@" -b 16 "$work/speech.wav"
duration=$(sox --i -D "$work/speech.wav")

# One thread, and nothing that depends on the machine or the time; the endless picture ends with -t.
ffmpeg -nostdin -hide_banner -loglevel error -y \
  -f lavfi -t "$duration" -i 'testsrc2=s=640x360:r=25' -i "file:$work/speech.wav" \
  -map 0:v -map 1:a -t "$duration" \
  -c:v libx264 -preset veryfast -threads 1 -pix_fmt yuv420p -c:a aac -b:a 96k \
  -map_metadata -1 -metadata title='A talk about our city' \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart -f mp4 "file:$work/talk.mp4"
# Another name first: who looks at OUT sees no half a film.
cp -- "$work/talk.mp4" "$out.part"
mv -f -- "$out.part" "$out"
