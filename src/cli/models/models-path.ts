import { exitCodes } from '../../core/index.ts'
import { findModel, models, modelsHome, placeOf, unknownModel } from '../../models/index.ts'
import { command } from '../command-line/command.ts'
import { modelError } from './model-error.ts'

/** `reprise models path`: prints where a model is. */
export const modelsPathCommand = command({
  name: 'models path',
  description: 'Prints the file of an installed model, or the directory of all models.',
  positionals: [{ name: 'name', description: "The name of a model, as 'reprise models list' shows it." }],
  flags: {},
  examples: [
    { line: 'reprise models path whisper-tiny.en', does: 'prints the path of its weights' },
    { line: 'du -sh "$(reprise models path)"', does: 'shows how much disk space the models take' },
  ],
  async execute({ positionals }, context) {
    const [name] = positionals
    const home = modelsHome(context.env)
    if (home === undefined) return modelError(context, 'models path', { kind: 'no-home' })
    const model = name === undefined ? undefined : findModel(name)
    if (name !== undefined && model === undefined) return modelError(context, 'models path', unknownModel(name, models))
    const place = model === undefined ? undefined : placeOf(model, home)
    if (place !== undefined && !place.isInstalled)
      return modelError(context, 'models path', { kind: 'not-installed', name: place.name })
    context.stdout.write(`${place?.path ?? home}\n`)
    return exitCodes.ok
  },
})
