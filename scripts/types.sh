#!/bin/sh
# Checks the types of the project: `npm run types`, the tests and the pre-commit hook call it. What did not change since
# the last check is remembered, with its errors, and not checked again.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

# Vitest, which calls this, too, names a file of its own for what is remembered. The last name counts.
exec node_modules/.bin/tsc --noEmit "$@" --incremental --tsBuildInfoFile node_modules/.cache/reprise/types.tsbuildinfo
