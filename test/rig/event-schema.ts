import { Ajv, type ValidateFunction } from 'ajv'
import { inject } from 'vitest'
import type { Event } from '../../src/core/index.ts'

let compiled: ValidateFunction | undefined

/** Throws unless every event is, once written as JSON, as the published schema of events says. */
export function expectSchema(events: readonly Event[]): void {
  compiled ??= new Ajv({ allowUnionTypes: true }).compile(JSON.parse(inject('eventSchema')))
  for (const event of events) {
    const written: unknown = JSON.parse(JSON.stringify(event))
    if (!compiled(written)) {
      throw new Error(`not as the schema says: ${JSON.stringify(event)}\n${JSON.stringify(compiled.errors, null, 1)}`)
    }
  }
}
