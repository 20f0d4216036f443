import { exitCodes } from '../../core/failure/failure.ts'
import { command } from '../command-line/command.ts'

/** `reprise schema script`: writes the JSON Schema of scripts in YAML. */
export const scriptSchemaCommand = command({
  name: 'schema script',
  description: 'Prints the JSON Schema of the scripts in YAML that "reprise create" takes.',
  positionals: [],
  flags: {},
  examples: [{ line: 'reprise schema script > script.schema.json', does: 'writes it where your editor finds it' }],
  async execute(_given, { stdout }) {
    const { scriptSchema } = await import('../../config/script-schema.ts')
    stdout.write(`${JSON.stringify(await scriptSchema(), null, 2)}\n`)
    return exitCodes.ok
  },
})
