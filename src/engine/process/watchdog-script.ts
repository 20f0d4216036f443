/**
 * A shell script that reads which groups are alive, and when its input ends kills them, and then whatever carries the
 * mark that it was called with, until nothing does any more. Its arguments: the name and the value of the mark.
 */
export const watchdogScript = `
groups=' '
while IFS= read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) gone=" \${line#-} "; case $groups in *"$gone"*) groups="\${groups%%"$gone"*} \${groups#*"$gone"}" ;; esac ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done
pass=0
while [ "$pass" -lt 100 ]; do
  found=$(grep -lsz "^$1=$2$" /proc/[0-9]*/environ)
  [ -n "$found" ] || break
  for entry in $found; do entry=\${entry#/proc/}; kill -KILL "\${entry%/environ}"; done
  pass=$((pass + 1))
  sleep 0.05
done
`
