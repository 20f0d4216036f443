import type { JsonValue } from '../../../../store/index.ts'
import { type ArtifactSource, type Binding, isJson } from '../../../core/index.ts'
import { type Available, availableJson, jsonValueAt } from '../../execute/inputs.ts'
import { errorMessage } from '../../system/error-message.ts'
import { stageThrew } from '../../system/stage-threw.ts'
import { Unavailable, Unusable } from './step-end.ts'

type Constant = Extract<ArtifactSource, { readonly from: 'constant' }>
type Select = Extract<ArtifactSource, { readonly from: 'select' }>

/** The JSON artifacts that no step makes: constants, and what is selected from others. */
export class JsonSources {
  readonly #constants = new WeakMap<Constant, Available>()
  /** What was selected last, and from which artifact: many steps select the same. */
  readonly #selected = new WeakMap<Select, { readonly of: Available; readonly value: Available | undefined }>()

  constant(source: Constant): Available {
    const known = this.#constants.get(source) ?? availableJson(source.value)
    this.#constants.set(source, known)
    return known
  }

  /** Returns the part of an artifact; undefined if it has none. */
  select(source: Select, whole: Available): Available | undefined {
    const known = this.#selected.get(source)
    if (known?.of === whole) return known.value
    const value = chosen(source.choose, jsonOf(whole))
    const selected = value === undefined ? undefined : availableJson(value, whole.partOf ?? whole.artifact.digest)
    this.#selected.set(source, { of: whole, value: selected })
    return selected
  }
}

function chosen(choose: (value: JsonValue) => unknown, value: JsonValue): JsonValue | undefined {
  let selected: unknown
  try {
    selected = choose(value)
  } catch (error) {
    const message = `in its select: ${errorMessage(error)}`
    throw new Unusable((step) => stageThrew(step, error, message))
  }
  if (selected === undefined || isJson(selected)) return selected
  const message = "what 'select' was given returned what is not JSON"
  throw new Unusable((step) => ({ kind: 'stage-failed', step, message }))
}

/** Returns the value of a JSON artifact that a step needs. */
export function jsonOf(available: Available): JsonValue {
  const value = jsonValueAt(available)
  if (value === undefined) {
    throw new Unusable((step) => ({ kind: 'input-changed', step, path: available.path }))
  }
  return value
}

/** The types forbid the wiring of what may be absent, and a hand-made graph meets it here. */
export function absent(input: string, binding: Binding | undefined): Unavailable | Unusable {
  if (binding?.arity !== 'one' || binding.source.from !== 'select')
    return new Unavailable({ kind: 'skipped', because: 'condition' })
  const message = `its input '${input}' is not there: what 'select' was given returned undefined; declare the input optional(json(...)), or select something that is always there`
  return new Unusable((step) => ({ kind: 'stage-failed', step, message }))
}
