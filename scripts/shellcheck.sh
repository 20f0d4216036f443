#!/bin/sh
# Checks every shell script of the repository with shellcheck.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

if ! command -v shellcheck >/dev/null 2>&1; then
  echo 'shellcheck.sh: shellcheck is missing; on Debian: apt-get install shellcheck, on macOS: brew install shellcheck' >&2
  exit 3
fi
# What the build of the docs makes may vanish at any time.
find . \( -name node_modules -o -name .git -o -name dist -o -name quickstart \
  -o -path ./docs/reference/api -o -path ./docs/.vitepress/.temp -o -path ./docs/.vitepress/cache \) -prune \
  -o -type f \( -name '*.sh' -o -path './.ci/*' -o -path './scripts/hooks/*' \) -exec shellcheck {} +
