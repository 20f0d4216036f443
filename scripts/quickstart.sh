#!/bin/sh
# Shows what Reprise does, on a fresh clone too: makes a talking video, subtitles it in Spanish, and proves that the
# second run computes nothing. Everything it makes is in quickstart/.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

sh scripts/bootstrap.sh
talk=quickstart/talk.mp4
if [ ! -f "$talk" ] || [ -n "$(find scripts/make-sample.sh -newer "$talk")" ]; then
  echo "Making a short talking video: $talk"
  sh scripts/make-sample.sh "$talk"
fi
exec node scripts/quickstart.mjs
