import type { Problem } from '../failure/failure.ts'
import { unknownName } from '../failure/nearest.ts'
import type { Graph } from './graph.ts'

/** Returns what is wrong with the declaration of an overlay. */
export function overlayProblems({ overlay, inputs, steps }: Graph): readonly Problem[] {
  if (overlay === undefined) return []
  const where = 'overlay'
  const declaration = inputs[overlay.input]
  const step = steps.find(({ id }) => id === overlay.step)
  return [
    ...(declaration === undefined
      ? [{ where, message: unknownName('input', overlay.input, Object.keys(inputs)) }]
      : declaration.kind === 'json' && declaration.arity === 'optional'
        ? []
        : [{ where, message: `its input '${overlay.input}' has to be optional(json(...))` }]),
    ...(step === undefined
      ? [
          {
            where,
            message: unknownName(
              'step',
              overlay.step,
              steps.map(({ id }) => id),
            ),
          },
        ]
      : [overlay.counts, overlay.listing].flatMap((output) =>
          output === undefined || Object.hasOwn(step.stage.outputs, output)
            ? []
            : [{ where, message: unknownName('output', output, Object.keys(step.stage.outputs)) }],
        )),
  ]
}
