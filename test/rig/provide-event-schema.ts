import type { TestProject } from 'vitest/node'
import { eventSchema } from '../../scripts/event-schema.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** As JSON text. */
    readonly eventSchema: string
  }
}

/** Makes the closed schema of events once for all tests, from the types as they are now. */
export default function provideEventSchema(project: TestProject): void {
  project.provide('eventSchema', JSON.stringify(eventSchema({ closed: true })))
}
