import type { CommandDef } from 'citty'
import { commandGroup } from '../command-line/command.ts'

const cacheGroup = commandGroup({
  name: 'cache',
  description: 'Inspects the store and keeps it small.',
  examples: [
    { line: 'reprise cache stats', does: 'shows how much the store holds, and for which pipelines' },
    { line: 'reprise cache gc --max-size 10GB --dry-run', does: 'shows what would be removed' },
  ],
  commands: {
    inspect: async () => (await import('../cache/cache-inspect.ts')).cacheInspectCommand,
    stats: async () => (await import('../cache/cache-stats.ts')).cacheStatsCommand,
    gc: async () => (await import('../cache/cache-gc.ts')).cacheGcCommand,
    verify: async () => (await import('../cache/cache-verify.ts')).cacheVerifyCommand,
    forget: async () => (await import('../cache/cache-forget.ts')).cacheForgetCommand,
    export: async () => (await import('../cache/cache-export.ts')).cacheExportCommand,
    import: async () => (await import('../cache/cache-import.ts')).cacheImportCommand,
    diff: async () => (await import('../cache/cache-diff.ts')).cacheDiffCommand,
    path: async () => (await import('../cache/cache-path.ts')).cachePathCommand,
  },
})

const jobsGroup = commandGroup({
  name: 'jobs',
  description: 'Lists jobs, follows and cancels them, and removes old ones.',
  examples: [
    { line: 'reprise jobs list --status running', does: 'shows the jobs that are running' },
    { line: 'reprise jobs cancel ./subtitles-talk', does: 'cancels a run in the background or in another terminal' },
  ],
  commands: {
    list: async () => (await import('../jobs/jobs-list.ts')).jobsListCommand,
    show: async () => (await import('../jobs/jobs-show.ts')).jobsShowCommand,
    cancel: async () => (await import('../jobs/jobs-cancel.ts')).jobsCancelCommand,
    prune: async () => (await import('../jobs/jobs-prune.ts')).jobsPruneCommand,
  },
})

const remoteGroup = commandGroup({
  name: 'remote',
  description: "Looks after the team's cache, which is behind the store.",
  examples: [
    { line: 'reprise remote keygen', does: 'makes the key with which your results are signed' },
    { line: 'reprise remote check --remote /mnt/cache', does: 'tries a shared directory' },
  ],
  commands: {
    check: async () => (await import('../remote/remote-check.ts')).remoteCheckCommand,
    push: async () => (await import('../remote/remote-push.ts')).remotePushCommand,
    pull: async () => (await import('../remote/remote-pull.ts')).remotePullCommand,
    keygen: async () => (await import('../remote/remote-keygen.ts')).remoteKeygenCommand,
    touch: async () => (await import('../remote/remote-touch.ts')).remoteTouchCommand,
    gc: async () => (await import('../remote/remote-gc.ts')).remoteGcCommand,
  },
})

const schemaGroup = commandGroup({
  name: 'schema',
  description: 'Prints the schemas of files that you write, for editors.',
  examples: [{ line: 'reprise schema script', does: 'prints the schema of a script of a video' }],
  commands: { script: async () => (await import('../describe/script-schema.ts')).scriptSchemaCommand },
})

const modelsGroup = commandGroup({
  name: 'models',
  description: 'Installs the models of neural networks that steps use, and shows them.',
  examples: [
    { line: 'reprise models list', does: 'shows the models, their licences, and which are installed' },
    { line: 'reprise models install whisper-base', does: 'installs a recognizer for 99 languages' },
  ],
  commands: {
    list: async () => (await import('../models/models-list.ts')).modelsListCommand,
    install: async () => (await import('../models/models-install.ts')).modelsInstallCommand,
    remove: async () => (await import('../models/models-remove.ts')).modelsRemoveCommand,
    path: async () => (await import('../models/models-path.ts')).modelsPathCommand,
  },
})

const eventsGroup = commandGroup({
  name: 'events',
  description: 'Describes the events of a run, for programs that read them.',
  examples: [{ line: 'reprise events schema stage_failed', does: 'prints the JSON Schema of one type of event' }],
  commands: { schema: async () => (await import('../describe/events-schema.ts')).eventsSchemaCommand },
})

const manifestGroup = commandGroup({
  name: 'manifest',
  description: 'Checks the manifests of a job, and describes them for programs.',
  examples: [{ line: 'reprise manifest check ./subtitles-talk', does: 'shows every field that is missing or wrong' }],
  commands: {
    check: async () => (await import('../describe/manifest-check.ts')).manifestCheckCommand,
    schema: async () => (await import('../describe/manifest-schema.ts')).manifestSchemaCommand,
  },
})

/** Every command of the program; each is loaded when it is called, or when help lists it. */
export const rootCommand: CommandDef = commandGroup({
  name: '',
  description: 'Runs media pipelines, and never computes the same step twice.',
  examples: [
    { line: 'reprise list', does: 'shows the pipelines with their steps and params' },
    { line: 'reprise run subtitles talk.mp4 -p to=es', does: 'makes a film with English and Spanish subtitles' },
    { line: 'reprise explain ./subtitles-talk', does: 'explains why each step was a cache hit or a miss' },
  ],
  commands: {
    run: async () => (await import('../run/run.ts')).runCommand,
    create: async () => (await import('../create/create.ts')).createCommand,
    watch: async () => (await import('../run/watch/watch.ts')).watchCommand,
    stage: async () => (await import('../run/stage.ts')).stageCommand,
    dash: async () => (await import('../dash/dash.ts')).dashCommand,
    status: async () => (await import('../jobs/status.ts')).statusCommand,
    jobs: async () => jobsGroup,
    workers: async () => (await import('../workers/workers.ts')).workersCommand,
    worker: async () => (await import('../workers/worker.ts')).workerCommand,
    list: async () => (await import('../describe/list.ts')).listCommand,
    explain: async () => (await import('../jobs/explain.ts')).explainCommand,
    report: async () => (await import('../jobs/report.ts')).reportCommand,
    outputs: async () => (await import('../jobs/outputs.ts')).outputsCommand,
    corrections: async () => (await import('../jobs/corrections.ts')).correctionsCommand,
    takes: async () => (await import('../run/takes.ts')).takesCommand,
    graph: async () => (await import('../describe/graph.ts')).graphCommand,
    manifest: async () => manifestGroup,
    events: async () => eventsGroup,
    cache: async () => cacheGroup,
    remote: async () => remoteGroup,
    models: async () => modelsGroup,
    schema: async () => schemaGroup,
    init: async () => (await import('../init/init.ts')).initCommand,
    doctor: async () => (await import('../describe/doctor.ts')).doctorCommand,
    completions: async () => (await import('../describe/completions.ts')).completionsCommand(rootCommand),
  },
})
