import { exitCodes } from '../../core/index.ts'
import { findModel, models, modelsHome, removeModel, unknownModel } from '../../models/index.ts'
import { command } from '../command-line/command.ts'
import { modelError } from './model-error.ts'

/** `reprise models remove`: deletes a model. */
export const modelsRemoveCommand = command({
  name: 'models remove',
  description: 'Removes an installed model, and the library that runs it where no other model needs it.',
  positionals: [
    { name: 'name', description: "The name of a model, as 'reprise models list' shows it.", required: true },
  ],
  flags: {},
  notes: 'Results that were made with it stay in the store.',
  examples: [{ line: 'reprise models remove whisper-base', does: 'frees its disk space' }],
  async execute({ positionals }, context) {
    const [name = ''] = positionals
    const model = findModel(name)
    if (model === undefined) return modelError(context, 'models remove', unknownModel(name, models))
    const home = modelsHome(context.env)
    if (home === undefined) return modelError(context, 'models remove', { kind: 'no-home' })
    const removed = await removeModel(model, models, home)
    if (!removed.ok) return modelError(context, 'models remove', removed.error)
    context.stdout.write(`${name} ${removed.value.wasThere ? 'is removed' : 'was not installed'}\n`)
    return exitCodes.ok
  },
})
