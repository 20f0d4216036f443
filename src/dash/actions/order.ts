import type { Result } from '../../../store/index.ts'
import { isRecord } from '../../core/index.ts'

type Texts = Readonly<Record<string, string>>

/** What a person wants to be run: a job as it is, one with changes, or a new one. */
export type Order =
  | { readonly kind: 'resume'; readonly job: string }
  | { readonly kind: 'reroll' | 'rerun'; readonly job: string; readonly step: string }
  | { readonly kind: 'params'; readonly job: string; readonly params: Texts }
  | {
      readonly kind: 'start'
      readonly pipeline: string
      readonly inputs: Readonly<Record<string, readonly string[]>>
      readonly params: Texts
    }

const plainName = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u

/** Reads an order from what the page sent; whatever is not declared is refused. */
export function orderOf(value: unknown): Result<Order, string> {
  if (!isRecord(value)) return refused
  const { kind, job, step, params, pipeline, inputs, ...rest } = value
  if (Object.keys(rest).length > 0) return refused
  switch (kind) {
    case 'resume':
      return typeof job === 'string' ? { ok: true, value: { kind, job } } : refused
    case 'reroll':
    case 'rerun':
      return typeof job === 'string' && isStep(step) ? { ok: true, value: { kind, job, step } } : refused
    case 'params':
      return typeof job === 'string' && isTexts(params) ? { ok: true, value: { kind, job, params } } : refused
    case 'start': {
      if (typeof pipeline !== 'string' || !plainName.test(pipeline) || !isTexts(params) || !isRecord(inputs))
        return refused
      const lists: Record<string, readonly string[]> = {}
      for (const [name, paths] of Object.entries(inputs)) {
        if (!plainName.test(name) || !isPaths(paths)) return refused
        lists[name] = paths
      }
      return { ok: true, value: { kind, pipeline, inputs: lists, params } }
    }
    default:
      return refused
  }
}

const refused = { ok: false, error: 'that is nothing that can be run' } as const

/**
 * Returns the command line of an order. It is run as a list of words, and shown as a shell takes it: what a button does
 * is what its command does.
 */
export function wordsOf(order: Order, jobPath: string): readonly string[] {
  switch (order.kind) {
    case 'resume':
      return ['run', '--job', jobPath]
    case 'reroll':
      return ['run', '--job', jobPath, '--reroll', order.step]
    case 'rerun':
      return ['run', '--job', jobPath, '--force-rerun', order.step]
    case 'params':
      return ['run', '--job', jobPath, ...paramWords(order.params)]
    case 'start': {
      const inputs = Object.entries(order.inputs).flatMap(([name, paths]) =>
        paths.flatMap((path) => ['--input', `${name}=${path}`]),
      )
      return ['run', order.pipeline, ...inputs, ...paramWords(order.params), '--job', jobPath]
    }
    default:
      return order satisfies never
  }
}

function paramWords(params: Texts): readonly string[] {
  return Object.entries(params).flatMap(([name, text]) => ['-p', `${name}=${text}`])
}

/** A word that begins with a dash would be a flag. */
function isStep(step: unknown): step is string {
  return typeof step === 'string' && /^[^-\0][^\0]*$/.test(step)
}

function isTexts(value: unknown): value is Texts {
  return isRecord(value) && Object.entries(value).every(([name, text]) => plainName.test(name) && isText(text))
}

function isPaths(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((path) => isText(path) && path !== '')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
