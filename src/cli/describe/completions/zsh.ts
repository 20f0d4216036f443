import { type CompletedCommand, type CompletedFlag, quoted } from './completed-command.ts'

/** Returns the completions of zsh: a function for each command, which offers its flags, words and files. */
export function zshCompletions(commands: readonly CompletedCommand[]): string {
  return `#compdef reprise
# Completions of reprise for zsh.
${commands.map((command) => functionOf(command, commands)).join('\n')}
_reprise "$@"
`
}

function functionName(path: readonly string[]): string {
  return ['_reprise', ...path].join('_').replaceAll('-', '_')
}

function functionOf({ path, words, flags }: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const below = commands.filter(
    (other) => other.path.length === path.length + 1 && path.every((word, at) => other.path[at] === word),
  )
  const specs = flags.flatMap(flagSpecs).map(quoted)
  if (below.length === 0) {
    const rest = words.length === 0 ? ['*:file:_files'] : [`1:name:(${words.join(' ')})`, '*:file:_files']
    return `${functionName(path)}() {
  _arguments ${[...specs, ...rest.map(quoted)].join(' \\\n    ')}
}`
  }
  const described = below.map(({ path: own, description }) => quoted(`${own.at(-1)}:${description}`))
  return `${functionName(path)}() {
  local state line
  local -a commands=(${described.join(' ')})
  _arguments -C ${specs.join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${below.map(({ path: own }) => `        ${own.at(-1)}) ${functionName(own)} ;;`).join('\n')}
      esac ;;
  esac
}`
}

function flagSpecs({ name, letter, description, takesValue, choices }: CompletedFlag): readonly string[] {
  const text = `[${description.replace(/[[\]:]/g, '\\$&')}]`
  const action = choices.length > 0 ? `(${choices.join(' ')})` : '_files'
  const value = takesValue ? `:${name}:${action}` : ''
  return [`*--${name}${text}${value}`, ...(letter === undefined ? [] : [`*-${letter}${text}${value}`])]
}
