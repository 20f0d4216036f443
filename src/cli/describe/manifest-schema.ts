import { exitCodes } from '../../core/failure/failure.ts'
import { command } from '../command-line/command.ts'

/** `reprise manifest schema`: writes the JSON Schema of manifests. */
export const manifestSchemaCommand = command({
  name: 'manifest schema',
  description: 'Prints the JSON Schema of manifest.json.',
  positionals: [],
  flags: {},
  examples: [{ line: 'reprise manifest schema', does: 'prints the schema (JSON Schema, draft 2020-12)' }],
  async execute(_given, { stdout }) {
    const { manifestJsonSchema } = await import('../../core/record/manifest-schema.ts')
    stdout.write(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`)
    return exitCodes.ok
  },
})
