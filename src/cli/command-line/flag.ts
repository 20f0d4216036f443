import type { Result } from '../../../store/index.ts'
import { parseCount, parseDuration, parseSize } from './quantity.ts'

interface FlagBase {
  /** One sentence for `--help`. */
  readonly description: string
  /** One letter, for `-j` beside `--jobs`. */
  readonly letter?: string
  /** An earlier name, which still works. */
  readonly alias?: string
  /** What stands for the value in `--help`: `--store DIR`. */
  readonly value?: string
}

/** A flag without a value. */
export interface SwitchFlag extends FlagBase {
  readonly kind: 'switch'
}
/** A flag with a text; the last one given wins. */
export interface TextFlag extends FlagBase {
  readonly kind: 'text'
}
/** A flag that may be given several times. */
export interface TextsFlag extends FlagBase {
  readonly kind: 'texts'
}
/** A flag whose value is a whole number above zero, a size such as `10GB`, or a duration such as `30d`. */
export interface QuantityFlag extends FlagBase {
  readonly kind: 'count' | 'size' | 'duration'
}
/** A flag whose value is one of a few words. */
export interface ChoiceFlag extends FlagBase {
  readonly kind: 'choice'
  readonly choices: readonly string[]
}

export type Flag = SwitchFlag | TextFlag | TextsFlag | QuantityFlag | ChoiceFlag
export type Flags = Readonly<Record<string, Flag>>

/** What a command receives for a flag: sizes in bytes, durations in milliseconds. */
export type FlagValue<F extends Flag> = F extends SwitchFlag
  ? boolean
  : F extends TextsFlag
    ? readonly string[]
    : F extends QuantityFlag
      ? number | undefined
      : F extends { readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : string | undefined

export type FlagValues<F extends Flags> = { readonly [Name in keyof F]: FlagValue<F[Name]> }

/** Returns the value that a text gives a flag, or as the error what kind of value the flag takes. */
export function readFlagValue(flag: Exclude<Flag, SwitchFlag>, text: string): Result<string | number, string> {
  switch (flag.kind) {
    case 'text':
    case 'texts':
      return { ok: true, value: text }
    case 'count':
      return quantity(parseCount(text), 'a whole number above zero')
    case 'size':
      return quantity(parseSize(text), 'a size such as 10GB, 500MiB or 0')
    case 'duration':
      return quantity(parseDuration(text), 'a duration such as 30d, 12h or 90s')
    case 'choice':
      return flag.choices.includes(text)
        ? { ok: true, value: text }
        : { ok: false, error: `one of ${flag.choices.join(', ')}` }
    default:
      return flag satisfies never
  }
}

/** Returns what stands for a flag's value in help and messages. */
export function valueTerm(flag: Flag): string {
  return flag.value ?? (flag.kind === 'choice' ? flag.choices.join('|') : 'VALUE')
}

function quantity(value: number | undefined, expected: string): Result<number, string> {
  return value === undefined ? { ok: false, error: expected } : { ok: true, value }
}
