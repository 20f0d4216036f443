/** Makes the JSON Schema of events from their types: there is one source, so the two cannot drift apart. */
import { createGenerator } from 'ts-json-schema-generator'

/**
 * Returns the JSON Schema of every event that a run can emit. A closed one refuses fields that the types do not have;
 * the published one lets them pass, so that what is checked by it today still passes when a later release adds some.
 */
export function eventSchema({ closed }) {
  const generator = createGenerator({
    path: 'src/core/record/event.ts',
    tsconfig: 'tsconfig.json',
    skipTypeCheck: true,
    topRef: false,
    additionalProperties: !closed,
  })
  return { title: 'An event of reprise', ...generator.createSchema('Event') }
}
