export type { SelectedSteps, Selection } from '../core/index.ts'
export {
  type Editable,
  type EditedFile,
  type EditedJob,
  editableFiles,
  type RefusedEdit,
  type SavedEdits,
  saveEdits,
  settleCorrections,
} from './edits/editable-files.ts'
export {
  EventBus,
  type EventBusOptions,
  type ListenerTrouble,
  type ListenerTroubleHandler,
} from './events/event-bus.ts'
export { readJobEvents } from './events/event-log.ts'
export { type LeftStep, leftSteps } from './events/left-steps.ts'
export { isTraced } from './events/tracing.ts'
export { type CancelEnd, type CancelOptions, cancelJob } from './job/cancel-job.ts'
export { type DetachEnd, type DetachRequest, detachedVariable, detachRun, takenMessage } from './job/detach.ts'
export { type FollowOptions, followRun } from './job/follow-run.ts'
export { type JobRecord, type JobRun, readJob } from './job/job-file.ts'
export { type JobHolder, jobHolder } from './job/job-holder.ts'
export { type JobEntry, type JobList, jobEntry, listJobs } from './job/job-list.ts'
export { type JobStatusOptions, jobStatus } from './job/job-status.ts'
export { jobStore } from './job/job-store.ts'
export { type ListedTake, listTakes } from './job/list-takes.ts'
export { type CheckedManifest, checkManifests, manifestKeys } from './job/manifest-file.ts'
export { type PrunedJob, type PruneOptions, type PruneReport, pruneJobs } from './job/prune-jobs.ts'
export { detectDevice, type FoundDevice, findDevice } from './key/device-detection.ts'
export { interpreterOf } from './key/dispatching-programs.ts'
export type { StepTakes } from './key/takes.ts'
export { type ProbedTool, probeTool, ToolProbe } from './key/tool-probe.ts'
export { jobProvenance } from './report/job-provenance.ts'
export { reportedJob } from './report/reported-job.ts'
export { withWaves } from './report/reported-waves.ts'
export type { LintFinding } from './run/lint.ts'
export { planRun, predictRun } from './run/plan.ts'
export type * from './run/request.ts'
export { runPipeline } from './run/run.ts'
export { type RunHandle, type RunStatus, startPipeline } from './run/start.ts'
export { type StageTest, type StageTestInputs, type StageTestOptions, testStage } from './run/test-stage.ts'
export type { PlanTime } from './schedule/plan-time.ts'
export type { InputPaths } from './schedule/wiring/given-inputs.ts'
export type { Timing } from './system/timing.ts'
