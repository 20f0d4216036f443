import type { Problem } from '../failure/failure.ts'
import { isGathered, normalInput, normalOutput, outputPath } from './artifact.ts'
import type { AnyStage } from './stage.ts'

/** Names that the runner itself writes in the directory of a step. */
const ownNames: readonly string[] = ['manifest.json', 'stage.log']

/** A place that a stage gives to an input or an output. */
interface Place {
  /** `output 'text'` */
  readonly of: string
  readonly path: string
}

/** Returns what is wrong with the paths of a stage's inputs and outputs. */
export function stagePathProblems(where: string, { inputs, outputs }: AnyStage): readonly Problem[] {
  const made = Object.entries(outputs).map(([name, declaration]): Place => {
    return { of: `output '${name}'`, path: outputPath(name, normalOutput(declaration)) }
  })
  const seen = Object.entries(inputs).flatMap(([name, declaration]): readonly Place[] => {
    const { kind, arity, path = name } = normalInput(declaration)
    return kind === 'json' ? [] : [{ of: `input '${name}'`, path: isGathered(arity) ? name : path }]
  })
  const messages = [
    ...[...made, ...seen].flatMap(strayMessage),
    ...made.flatMap(takenMessage),
    ...sharedMessages(made),
    ...sharedMessages(seen),
  ]
  return messages.map((message) => ({ where, message }))
}

function strayMessage({ of, path }: Place): readonly string[] {
  const isInside = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\0')
  return isInside ? [] : [`its ${of} has the path '${path}', which is not inside the directory of the step`]
}

function takenMessage({ of, path }: Place): readonly string[] {
  const [first = ''] = folded(path).split('/')
  if (!ownNames.includes(first)) return []
  return [`its ${of} has the path '${path}', which is reserved for the record of the step; choose another path`]
}

/** Two paths that are the same, or one inside the other. */
function sharedMessages(places: readonly Place[]): readonly string[] {
  return places.flatMap((place, index) => {
    const other = places.slice(0, index).find((before) => isWithin(place, before) || isWithin(before, place))
    return other === undefined
      ? []
      : [`its ${place.of} at '${place.path}' overlaps its ${other.of} at '${other.path}'; choose another path`]
  })
}

function isWithin(inner: Place, outer: Place): boolean {
  return `${folded(inner.path)}/`.startsWith(`${folded(outer.path)}/`)
}

/** On some file systems, names that differ only in case or Unicode form are the same. */
function folded(path: string): string {
  return path.normalize('NFC').toLowerCase()
}
