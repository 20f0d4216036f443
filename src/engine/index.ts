export type { SelectedSteps, Selection } from '../core/index.ts'
export { type CancelEnd, type CancelOptions, cancelJob } from './cancel-job.ts'
export { type DetachEnd, type DetachRequest, detachedVariable, detachRun, takenMessage } from './detach.ts'
export {
  EventBus,
  type EventBusOptions,
  type ListenerTrouble,
  type ListenerTroubleHandler,
} from './events/event-bus.ts'
export { readJobEvents } from './events/event-log.ts'
export { type FollowOptions, followRun } from './follow-run.ts'
export { type JobRecord, type JobRun, readJob } from './job-directory.ts'
export { type JobHolder, jobHolder } from './job-holder.ts'
export { type JobEntry, type JobList, jobEntry, listJobs } from './job-list.ts'
export { type JobStatusOptions, jobStatus } from './job-status.ts'
export { jobStore } from './job-store.ts'
export { detectDevice, type FoundDevice, findDevice } from './key/device-detection.ts'
export { type ProbedTool, probeTool, ToolProbe } from './key/tool-probe.ts'
export type { LintFinding } from './lint.ts'
export { type ListedTake, listTakes } from './list-takes.ts'
export { checkManifests } from './manifest-file.ts'
export { planRun } from './plan.ts'
export { type PrunedJob, type PruneOptions, type PruneReport, pruneJobs } from './prune-jobs.ts'
export type * from './request.ts'
export { runPipeline } from './run.ts'
export { type RunHandle, type RunStatus, startPipeline } from './start.ts'
export type { Timing } from './system/timing.ts'
