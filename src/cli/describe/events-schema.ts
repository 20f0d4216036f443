import { createRequire } from 'node:module'
import { exitCodes, isRecord, unknownName } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'

/** `reprise events schema`: prints the JSON Schema of events. */
export const eventsSchemaCommand = command({
  name: 'events schema',
  description: 'Prints the JSON Schema of the events that a run emits.',
  positionals: [{ name: 'type', description: 'One type of event, such as stage_completed; by default all.' }],
  flags: {
    types: { kind: 'switch', description: 'Prints only the names of the types, one per line.' },
  },
  notes: `'reprise run --json' writes events to stdout, and a job keeps them in events.jsonl: one JSON object per line. Each has
'event' (its type), 'ts' (ISO 8601), 'run' and 'job'; an event of a step also has 'stage', the id of the step.
Readers should ignore unknown types and fields, because later releases may add some.`,
  examples: [
    { line: 'reprise events schema', does: 'prints the schema of every event (JSON Schema, draft 7)' },
    { line: 'reprise events schema stage_failed', does: 'prints the schema of one type, with every kind of failure' },
  ],
  async execute({ flags, positionals }, context) {
    const { stdout } = context
    const schema = eventSchema()
    const types = eventTypes(schema)
    const [type] = positionals
    if (flags.types) stdout.write(`${[...types.keys()].join('\n')}\n`)
    else if (type === undefined) stdout.write(schemaText(schema))
    else {
      const name = types.get(type)
      if (name === undefined)
        return usageError(context, 'events schema', unknownName('type of event', type, [...types.keys()]))
      stdout.write(schemaText(definitionAlone(schema, name)))
    }
    return exitCodes.ok
  },
})

type JsonRecord = Readonly<Record<string, unknown>>

function recordIn(value: JsonRecord, name: string): JsonRecord {
  const found = value[name]
  return isRecord(found) ? found : {}
}

/** The build makes it from the types of the events, and puts it beside the commands. */
function eventSchema(): JsonRecord {
  const isSource = import.meta.url.endsWith('.ts')
  const loaded: unknown = createRequire(import.meta.url)(
    isSource ? '../../../dist/event-schema.json' : './event-schema.json',
  )
  if (!isRecord(loaded)) throw new TypeError('event-schema.json is no schema')
  return loaded
}

/** Returns the name of each type's definition, by type. */
function eventTypes(schema: JsonRecord): ReadonlyMap<string, string> {
  const types = new Map<string, string>()
  for (const [name, definition] of Object.entries(recordIn(schema, 'definitions'))) {
    const type = isRecord(definition) ? recordIn(recordIn(definition, 'properties'), 'event').const : undefined
    if (typeof type === 'string') types.set(type, name)
  }
  return types
}

/** Returns the schema of one definition, with the definitions that it refers to and no others. */
function definitionAlone(schema: JsonRecord, name: string): JsonRecord {
  const definitions = recordIn(schema, 'definitions')
  const needed = new Set<string>()
  const visit = (value: unknown) => {
    for (const [, referred] of JSON.stringify(value).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
      if (referred === undefined || needed.has(referred)) continue
      needed.add(referred)
      visit(definitions[referred])
    }
  }
  visit(definitions[name])
  const kept = Object.entries(definitions).filter(([other]) => needed.has(other))
  return {
    $schema: schema.$schema,
    ...recordIn(definitions, name),
    ...(kept.length === 0 ? {} : { definitions: Object.fromEntries(kept) }),
  }
}

function schemaText(schema: JsonRecord): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}
