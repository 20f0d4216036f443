import { type CompletedCommand, quoted } from './completed-command.ts'

/** Returns the completions of bash. What is typed so far decides the command; its words, flags and files are offered. */
export function bashCompletions(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ path, words, flags }) => {
    const names = flags.flatMap(({ name, letter }) => [`--${name}`, ...(letter === undefined ? [] : [`-${letter}`])])
    return `    ${quoted(path.join(' '))}) words=${quoted(words.join(' '))} flags=${quoted(names.join(' '))} ;;`
  })
  const groups = commands.filter(({ path }) => path.length > 0 && isGroup(path, commands))
  const choices = new Map<string, string>()
  const valued = new Set<string>()
  for (const { name, letter, takesValue, choices: offered } of commands.flatMap(({ flags }) => flags)) {
    if (offered.length > 0) choices.set(name, offered.join(' '))
    if (takesValue) for (const flag of [`--${name}`, ...(letter === undefined ? [] : [`-${letter}`])]) valued.add(flag)
  }
  return `# Completions of reprise for bash.
_reprise() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command='' index words flags
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      -*) continue ;;
    esac
    if [[ -z $command ]]; then
      command=\${COMP_WORDS[index]}
      case $command in
        ${groups.map(({ path }) => path.join(' ')).join(' | ')}) continue ;;
      esac
      break
    fi
    command="$command \${COMP_WORDS[index]}"
    break
  done
  case $previous in
${[...choices].map(([name, offered]) => `    --${name}) mapfile -t COMPREPLY < <(compgen -W ${quoted(offered)} -- "$current"); return ;;`).join('\n')}
    ${[...valued].filter((flag) => !choices.has(flag.slice(2))).join(' | ')}) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  case $command in
${cases.join('\n')}
    *) words='' flags='--help' ;;
  esac
  case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current") ;;
  esac
}
complete -o filenames -F _reprise reprise
`
}

function isGroup(path: readonly string[], commands: readonly CompletedCommand[]): boolean {
  return commands.some((other) => other.path.length > path.length && path.every((word, at) => other.path[at] === word))
}
