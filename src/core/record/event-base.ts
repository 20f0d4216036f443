/** What every event has: its time (ISO 8601), its run, its job directory. */
export interface EventBase {
  readonly ts: string
  readonly run: string
  readonly job: string
}

/** What every event of a step has besides: the id of the step. */
export interface StepEventBase extends EventBase {
  readonly stage: string
}
