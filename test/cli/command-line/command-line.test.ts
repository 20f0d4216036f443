import { describe, expect, it } from 'vitest'
import { asksForHelp, type Positional, parseCommandLine } from '../../../src/cli/command-line/command-line.ts'
import type { Flags } from '../../../src/cli/command-line/flag.ts'

const flags = {
  store: { kind: 'text', value: 'DIR', description: 'where' },
  param: { kind: 'texts', letter: 'p', value: 'name=value', description: 'params' },
  force: { kind: 'switch', letter: 'f', description: 'force' },
  steps: { kind: 'text', alias: 'stages', value: 'A,B', description: 'which' },
  jobs: { kind: 'count', letter: 'j', description: 'how many' },
  'max-size': { kind: 'size', description: 'size' },
  'max-age': { kind: 'duration', description: 'age' },
  device: { kind: 'choice', choices: ['auto', 'cpu'], description: 'device' },
} as const satisfies Flags
const positionals: readonly Positional[] = [
  { name: 'pipeline', description: 'Which one.', required: true },
  { name: 'input', description: 'Files.', many: true },
]
const parse = (...args: string[]) => parseCommandLine(args, { flags, positionals })
const absent = {
  store: undefined,
  param: [],
  force: false,
  steps: undefined,
  jobs: undefined,
  'max-size': undefined,
  'max-age': undefined,
  device: undefined,
}

describe('what is accepted', () => {
  it.each<[string, string[], Record<string, unknown>, string[]]>([
    ['nothing but arguments', ['p', 'a', 'b'], {}, ['p', 'a', 'b']],
    ['a value after a blank', ['p', '--store', 'x'], { store: 'x' }, ['p']],
    ['a value after an equals sign', ['p', '--store=x'], { store: 'x' }, ['p']],
    ['the last of two values', ['p', '--store=x', '--store', 'y'], { store: 'y' }, ['p']],
    ['a value that begins with a dash, after an equals sign', ['p', '--store=-x'], { store: '-x' }, ['p']],
    ['a repeated flag', ['p', '-p', 'a=1', '-pb=2', '--param=c=3'], { param: ['a=1', 'b=2', 'c=3'] }, ['p']],
    ['a param with a negative value', ['p', '-p', 'a=-1'], { param: ['a=-1'] }, ['p']],
    ['a flag by its earlier name', ['p', '--stages', 'a,b'], { steps: 'a,b' }, ['p']],
    ['the last of two values by both names', ['p', '--stages=a', '--steps=b'], { steps: 'b' }, ['p']],
    ['flags between arguments', ['p', '-f', 'a', '-j', '3'], { force: true, jobs: 3 }, ['p', 'a']],
    ['letters in one word', ['p', '-fj2'], { force: true, jobs: 2 }, ['p']],
    ['a size', ['p', '--max-size', '10GB'], { 'max-size': 10e9 }, ['p']],
    ['no size at all', ['p', '--max-size', '0'], { 'max-size': 0 }, ['p']],
    ['a duration', ['p', '--max-age', '30d'], { 'max-age': 30 * 86_400_000 }, ['p']],
    ['a choice', ['p', '--device', 'cpu'], { device: 'cpu' }, ['p']],
    ['arguments behind --', ['p', '--', '-x.mp4', '--force'], {}, ['p', '-x.mp4', '--force']],
    ['a lone dash', ['p', '-'], {}, ['p', '-']],
  ])('%s', (_name, args, given, rest) => {
    expect(parse(...args)).toEqual({ ok: true, value: { flags: { ...absent, ...given }, positionals: rest } })
  })
})

describe('what is refused', () => {
  it.each([
    ['an unknown flag, with the nearest one', ['p', '--forse'], "unknown flag '--forse': did you mean '--force'?"],
    ['an unknown flag with a value', ['p', '--stoer=x'], "unknown flag '--stoer': did you mean '--store'?"],
    [
      'an unknown letter',
      ['p', '-x'],
      "unknown flag '-x' (valid: --store, --param, --force, --steps, --jobs, --max-size,",
    ],
    [
      'a file whose name begins with a dash',
      ['p', '-talk one.mp4'],
      "unknown flag '-t' in '-talk one.mp4'; if that is a file, write './-talk one.mp4'",
    ],
    ['a flag called like what every object has', ['p', '--constructor'], "unknown flag '--constructor'"],
    ['a negation', ['p', '--no-force'], "unknown flag '--no-force'"],
    ['a switch with a value', ['p', '--force=yes'], "--force takes no value, but got 'yes'"],
    ['a flag without its value', ['p', '--store'], '--store needs a value: --store=DIR'],
    ['a flag without its value, by its earlier name', ['p', '--stages'], '--stages needs a value: --stages=A,B'],
    ['an empty value', ['p', '--store='], '--store needs a value: --store=DIR'],
    ['an empty value after a blank', ['p', '--store', ''], '--store needs a value: --store=DIR'],
    ['a flag in place of a value', ['p', '--store', '--force'], '--store needs a value: --store=DIR'],
    ['a letter without its value', ['p', '-j'], '-j needs a value: -j VALUE'],
    ['a count that is none', ['p', '--jobs', '0'], "--jobs takes a whole number above zero, not '0'"],
    ['a size that is none', ['p', '--max-size=ten'], "--max-size takes a size such as 10GB, 500MiB or 0, not 'ten'"],
    [
      'a duration without a unit',
      ['p', '--max-age', '30'],
      "--max-age takes a duration such as 30d, 12h or 90s, not '30'",
    ],
    ['a choice that is none', ['p', '--device', 'gpu'], "--device takes one of auto, cpu, not 'gpu'"],
    ['a missing argument', [], 'missing argument PIPELINE: Which one.'],
  ])('%s', (_name, args, message) => {
    const parsed = parse(...args)
    expect(parsed.ok ? '' : parsed.error).toContain(message)
  })

  it('one argument too many', () => {
    const parsed = parseCommandLine(['a', 'b'], { flags, positionals: [{ name: 'job', description: 'A job.' }] })
    expect(parsed).toEqual({ ok: false, error: "unexpected argument 'b'" })
  })
})

describe('help', () => {
  it.each([
    [['p', '--help'], true],
    [['-h'], true],
    [['p', '--', '--help'], false],
    [['p'], false],
  ])('%j asks for it: %s', (args, asked) => expect(asksForHelp(args)).toBe(asked))
})
