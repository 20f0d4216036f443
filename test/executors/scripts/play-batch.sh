#!/bin/sh
# Plays a batch system in the folder $1: `submit SCRIPT`, `status`, `cancel ID...`. A job's number is that of its process.
dir=$1 what=$2
shift 2
case $what in
  submit)
    setsid "$1" </dev/null >"$dir/out" 2>&1 &
    printf 'Job <%s> is submitted to queue <all>.\n' "$!"
    echo "$!" >>"$dir/jobs"
    ;;
  status)
    [ -e "$dir/away" ] && { echo 'the controller is away' >&2; exit 1; }
    echo 'JOBID  STATE'
    while read -r id; do
      # Not one that has ended and waits to be reaped.
      [ -e "/proc/$id" ] && ! grep -q '^State:.Z' "/proc/$id/status" && echo "$id  RUN"
    done <"$dir/jobs"
    exit 0
    ;;
  cancel) for id; do kill -9 "-$id" 2>/dev/null; done; exit 0 ;;
esac
