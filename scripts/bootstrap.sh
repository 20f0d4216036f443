#!/bin/sh
# Makes a clone ready to run: checks Node, installs what is missing, builds what is stale.
# Safe to call at any time: it is silent and takes a few milliseconds when nothing is to do.
# With --demucs, it also installs demucs, which separates voices from music: several GB.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

say() {
  printf 'bootstrap: %s\n' "$*" >&2
}

check_node() {
  # The floor of package.json's "engines", kept here because npm only warns about it.
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    say 'Node 20.19 or newer and its npm are needed, and are not on PATH.'
    say 'Install a current Node from https://nodejs.org/en/download or with your version manager (nvm install 22).'
    exit 1
  fi
  version=$(node --version)
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  if [ "$major" -lt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -lt 19 ]; }; then
    say "Node $version is too old: 20.19 or newer is needed (nvm install 22, or https://nodejs.org/en/download)."
    exit 1
  fi
}

# Without a network npm itself tries for many minutes, and then speaks of the lock file. A registry that answers
# anything, also that it knows no ping, is there.
registry_is_away() {
  answer=$(npm ping --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=30000 2>&1 </dev/null) && return 1
  case $answer in
    *ECONNREFUSED* | *ENOTFOUND* | *EAI_AGAIN* | *ETIMEDOUT* | *ENETUNREACH* | *EHOSTUNREACH* | *'network timeout'*) return 0 ;;
  esac
  return 1
}

install_packages() {
  # npm writes node_modules/.package-lock.json last, so an interrupted installation counts as missing.
  installed=node_modules/.package-lock.json
  if [ -f "$installed" ] && [ -z "$(find package-lock.json -newer "$installed")" ]; then
    return
  fi
  say 'installing the npm packages of package-lock.json'
  if registry_is_away; then
    # What an earlier installation fetched may be all that it takes.
    npm ci --offline --no-audit --no-fund --loglevel=silent </dev/null >/dev/null 2>&1 && return
    say "npm's registry cannot be reached: connect this machine to the network, or tell npm of a registry that it"
    say 'can reach (npm config set registry ADDRESS), and run the command again.'
    exit 1
  fi
  if log=$(npm ci --no-audit --no-fund --loglevel=error 2>&1 </dev/null); then
    return
  fi
  # npm ci refuses a lock file that lacks a package of another platform, and a registry that mirrors only some
  # platforms makes it see every lock file so. npm install takes the same versions and checks the same digests.
  if npm install --no-save --no-audit --no-fund --loglevel=error >&2 </dev/null; then
    return
  fi
  printf '%s\n' "$log" | head -n 20 >&2
  say 'npm ci and npm install failed'
  exit 1
}

# Prints the package $2 when the program $1 is not on PATH.
absent_program() {
  command -v "$1" >/dev/null 2>&1 || printf ' %s' "$2"
}

# Prints the package $1 when none of the paths after it is there.
absent_data() {
  package=$1
  shift
  for path; do
    [ ! -e "$path" ] || return 0
  done
  printf ' %s' "$package"
}

# Has the path of the model of speech recognition, once it is installed.
model=node_modules/.cache/reprise/model
has_model() {
  [ -f "$model" ] && [ -f "$(cat "$model")" ]
}

# The servers of the tests that come as wheels are installed by scripts/services.sh, which needs this.
has_venv() {
  [ -x "${REPRISE_SERVICES:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/reprise-services-1}/bin/weed" ] ||
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_missing() {
  required=$(
    absent_program ffprobe ffmpeg
    absent_program flite flite
    absent_program espeak-ng espeak-ng
    absent_program sox sox
    absent_program pocketsphinx_continuous pocketsphinx
    absent_data pocketsphinx-en-us /usr/share/pocketsphinx/model/en-us/en-us/mdef
    absent_program apertium apertium
    absent_data apertium-eng-spa /usr/share/apertium/modes/eng-spa.mode /usr/local/share/apertium/modes/eng-spa.mode
  )
  optional=$(
    absent_program b3sum b3sum
    absent_program strace strace
    absent_program shellcheck shellcheck
    absent_program redis-server redis-server
    PATH=$PATH:/usr/sbin absent_program slurmctld slurmctld
    PATH=$PATH:/usr/sbin absent_program slurmd slurmd
    absent_program sbatch slurm-client
    PATH=$PATH:/usr/sbin absent_program munged munge
    absent_program chromium chromium
    PATH=$PATH:/usr/sbin absent_program nginx nginx-light
    has_venv || printf ' python3-venv'
    has_model || absent_program pip3 python3-pip
  )
}

# Runs apt-get as root. Its lists may be older than the mirror, or absent as in a container, hence the update.
# What it prints of hundreds of packages says nothing; its errors and warnings do.
apt() {
  # shellcheck disable=SC2086 # $become is empty or two words
  $become env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null >/dev/null
}

may_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  if [ "$(id -u)" -eq 0 ]; then
    become=''
    return 0
  fi
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null || return 1
  become='sudo -n'
}

install_tools() {
  find_missing
  if [ -z "$required$optional" ]; then
    return
  fi
  # What is only optional is tried once: a machine that does not have it is not asked again at every call.
  tried=node_modules/.cache/reprise/optional-tools-tried
  if [ -z "$required" ] && [ -f "$tried" ] && [ "$(cat "$tried")" = "$optional" ]; then
    return
  fi
  if may_install; then
    say "installing with apt-get, which takes a minute or two:$required$optional"
    apt update || say 'apt-get update failed; trying with the lists that are there'
    # All in one go is the quickest. Where one of them cannot be had, those that are needed come first, then each alone.
    # shellcheck disable=SC2086 # one word a package
    if ! apt install -y --no-install-recommends $required $optional; then
      [ -z "$required" ] || apt install -y --no-install-recommends $required || say 'apt-get install failed'
      for package in $optional; do
        apt install -y --no-install-recommends "$package" || say "$package could not be installed"
      done
    fi
    find_missing
  fi
  mkdir -p "${tried%/*}"
  printf '%s' "$optional" >"$tried"
  if [ -n "$optional" ]; then
    say "not installed, and optional:$optional (b3sum: a peer of the benches; strace: the tests"
    say 'that inject faults; shellcheck: the check of shell scripts; redis-server, slurm and munge: the tests of workers;'
    say "nginx-light and python3-venv: the tests of a team's cache; chromium: the tests of the dashboard in a browser;"
    say 'python3-pip: a source of the model)'
  fi
  if [ -n "$required" ]; then
    advise
    exit 1
  fi
}

advise() {
  say "these are needed and not installed:$required"
  cat >&2 <<ADVICE

  Debian, Ubuntu:
    sudo apt-get update
    sudo apt-get install -y$required$optional
  Fedora:
    sudo dnf install ffmpeg-free flite espeak-ng sox b3sum strace ShellCheck
    and from their own projects: Apertium and Pocketsphinx, see below
  macOS (Homebrew):
    brew install ffmpeg flite espeak-ng sox b3sum shellcheck
    and from their own projects: Apertium and Pocketsphinx, see below; there is no strace, and no need for it
  Apertium with its English-Spanish pair, apertium-eng-spa:
    https://wiki.apertium.org/wiki/Installation
  Pocketsphinx 5prealpha (releases from 5.0 on lack the program pocketsphinx_continuous), with its English model in
  /usr/share/pocketsphinx/model/en-us:
    https://github.com/cmusphinx/pocketsphinx

  Then run the command again.
ADVICE
}

build() {
  built=dist/cli.js
  # Directories count, too: theirs is the only time that changes when a source file is deleted.
  if [ -f "$built" ]; then
    newer=$(find store src stages package.json tsconfig.json tsdown.config.ts scripts/bundling.mjs \
      node_modules/.package-lock.json -newer "$built" -print | head -n 1)
    [ -n "$newer" ] || return 0
  fi
  say 'building dist/'
  # Built aside and renamed: an interrupted build leaves no half of one, and the old one serves until then.
  aside=node_modules/.cache/reprise/build-$$
  trap 'rm -rf "$aside"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$aside"
  : >"$aside/began"
  log=$(node node_modules/tsdown/dist/run.mjs --out-dir "$aside/dist" --log-level warn 2>&1 </dev/null) ||
    rm -rf "$aside/dist"
  if [ ! -f "$aside/$built" ]; then
    printf '%s\n' "$log" >&2
    say "the build failed: there is no $built"
    exit 1
  fi
  # Dated to the build's beginning, so that a source that was saved meanwhile still counts as newer.
  touch -c -r "$aside/began" "$aside/$built"
  [ ! -e dist ] || mv dist "$aside/old"
  mv "$aside/dist" dist
}

# The smallest model that recognizes speech well. It is kept once for each user, and everything works without it, so a
# machine that cannot have it is asked again only the next day.
install_model() {
  if has_model; then
    return
  fi
  tried=$model-tried
  if [ -n "$(find "$tried" -mtime -1 2>/dev/null)" ]; then
    return
  fi
  say 'installing whisper-tiny.en, a model of speech recognition (90 MB to download, once for each user)'
  mkdir -p "${model%/*}"
  if node dist/cli.cjs models install whisper-tiny.en >&2 </dev/null; then
    node dist/cli.cjs models path whisper-tiny.en >"$model"
    return
  fi
  : >"$tried"
  say 'whisper-tiny.en is not installed, so pocketsphinx recognizes speech, which is rough. To try again:'
  say '  npx reprise models install whisper-tiny.en'
}

with_demucs=
case ${1-} in
  '') ;;
  --demucs) with_demucs=yes ;;
  *)
    say "unknown option: $1 (there is --demucs)"
    exit 2
    ;;
esac

check_node
install_packages
install_tools
build
install_model
if [ -n "$with_demucs" ]; then
  node dist/cli.cjs models install demucs >&2 </dev/null
fi
