#!/bin/sh
# A process tree that is hard to end, marked by the word $1 on every command line: a leader and a child that ignore TERM,
# one that left the group, and one that forked twice into a session of its own. Each says that it is there.
set -u
trap '' TERM
mark=$1
sh -c 'trap "" TERM; echo child; while :; do sleep 1000 "$1"s 2>/dev/null || sleep 1000; done' "$mark" 0 &
(setsid sh -c 'trap "" TERM; echo session; while :; do sleep 1000; done' "$mark" &) &
(setsid sh -c '(trap "" TERM INT HUP; echo daemon; while :; do sleep 1000; done) & exit' "$mark" &) &
echo leader
while :; do sleep 1000; done
