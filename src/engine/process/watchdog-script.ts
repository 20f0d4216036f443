/**
 * A shell script that reads which groups are alive, and when its input ends kills them, and then whatever carries the
 * mark that it was called with, until nothing does any more. Where the runner has not said before that it is done, it says
 * so on stderr, in a shell of its own, which whoever has closed stderr may end. Its arguments: the name and the value of
 * the mark, and what to say.
 */
export const watchdogScript = `
exec 3>&2 2>/dev/null
groups=' ' done=
while IFS= read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) gone=" \${line#-} "; case $groups in *"$gone"*) groups="\${groups%%"$gone"*} \${groups#*"$gone"}" ;; esac ;;
    .) done=1 ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
[ -n "$done" ] || [ -z "$3" ] || (printf '%s\\n' "$3" >&3)
pass=0
while [ "$pass" -lt 100 ]; do
  found=$(grep -lsz "^$1=$2$" /proc/[0-9]*/environ)
  [ -n "$found" ] || break
  for entry in $found; do entry=\${entry#/proc/}; kill -KILL "\${entry%/environ}"; done
  pass=$((pass + 1))
  sleep 0.05
done
`
