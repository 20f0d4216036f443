import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { configNames } from '../../config/config-loader.ts'
import { exitCodes, unknownName } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { templates } from './templates.ts'

const [firstTemplate = ''] = templates.keys()

/** `reprise init`: writes a config with a pipeline to begin with. */
export const initCommand = command({
  name: 'init',
  description: 'Writes reprise.config.ts with a pipeline to begin with.',
  positionals: [{ name: 'template', description: `Which one; by default '${firstTemplate}'. They are listed below.` }],
  flags: {
    dir: { kind: 'text', value: 'DIR', description: 'The folder; by default the current one. It is made if need be.' },
  },
  notes: `${[...templates].map(([name, { description }]) => `${name}: ${description}.`).join('\n\n')}

Nothing is downloaded, and no file is overwritten. The folder needs no packages: with 'npm install reprise zod' in it, an
editor knows the types, too.`,
  examples: [
    { line: 'reprise init', does: 'writes a config whose pipeline runs anywhere' },
    { line: 'reprise init recordings --dir podcast', does: 'begins a project that levels recordings' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const [name = firstTemplate] = positionals
    const template = templates.get(name)
    if (template === undefined) return usageError(context, 'init', unknownName('template', name, [...templates.keys()]))
    const dir = resolve(cwd, flags.dir ?? '.')
    const there = configNames.map((config) => join(dir, config)).find((path) => existsSync(path))
    if (there !== undefined) {
      writeError(
        context,
        'init',
        `${displayPath(there, cwd)} is there already, and is left as it is; choose another folder with --dir`,
      )
      return exitCodes.stepFailed
    }
    const path = join(dir, 'reprise.config.ts')
    const { makeDirectory } = await import('../../../store/index.ts')
    try {
      makeDirectory(dir)
      await writeFile(path, template.config, { flag: 'wx' })
    } catch (error) {
      writeError(
        context,
        'init',
        `cannot write ${displayPath(path, cwd)}: ${error instanceof Error ? error.message : String(error)}`,
      )
      return exitCodes.stepFailed
    }
    const steps = flags.dir === undefined ? template.tries : [`cd ${displayPath(dir, cwd)}`, ...template.tries]
    stdout.write(
      `wrote ${displayPath(path, cwd)}: ${template.description}\ntry\n${steps.map((line) => `  ${line}\n`).join('')}`,
    )
    return exitCodes.ok
  },
})
