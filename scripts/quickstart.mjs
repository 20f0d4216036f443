import { readFileSync, rmSync } from 'node:fs'
import { runCli, runEvents } from './cli-run.mjs'
import { filmsIn, subtitleLanguages } from './films.mjs'
import { baseName, executedSteps, hits, missReasons, summaryOf } from './run-proof.mjs'

const film = 'quickstart/talk.mp4'
const job = 'quickstart/job'
const store = 'quickstart/store'
const runArgs = ['run', 'subtitles', film, '--job', job, '--store', store, '-p', 'to=es']

const failed = []

/** Prints whether something that must hold does, and remembers what does not. */
function prove(claim, holds, found) {
  console.log(`  ${holds ? 'proved' : 'FAILED'}: ${claim}`)
  if (holds) return
  failed.push(claim)
  if (found !== undefined) console.log(`          found: ${found}`)
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`
}

function stepLine(step, text) {
  console.log(`  ${step.padEnd(16)} ${text}`)
}

/** Runs the pipeline and prints each step as it ends. */
async function run(title, extraArgs = []) {
  console.log(`\n${title}\n  $ reprise ${[...runArgs, ...extraArgs].join(' ')}`)
  const ended = await runEvents([...runArgs, ...extraArgs], (event) => {
    if (event.event === 'stage_completed') stepLine(event.stage, seconds(event.duration_ms))
    if (event.event === 'stage_skipped' && event.because === 'cached') {
      stepLine(event.stage, `not executed: it was there, which saved ${seconds(event.saved_ms ?? 0)}`)
    }
    if (event.event === 'stage_failed') stepLine(event.stage, `failed: ${event.message}`)
  })
  const summary = summaryOf(ended.events)
  if (summary !== undefined)
    stepLine('in all', `${seconds(summary.duration_ms)} (${seconds(ended.wallMs)} with start-up)`)
  prove('the run completed', ended.exitCode === 0 && summary !== undefined, `exit code ${ended.exitCode}`)
  if (ended.exitCode !== 0) process.stderr.write(ended.stderr)
  return ended
}

/** Prints by which recognizer, and how the film's text begins. */
function showWhatWasSaid(events) {
  const said = events.find(({ event, line }) => event === 'stage_log' && line?.startsWith('recognizer: '))
  if (said !== undefined) console.log(`  ${said.line}`)
  const { utterances } = JSON.parse(readFileSync(`${job}/02_stitch/speech.json`, 'utf8'))
  for (const { text } of utterances.slice(0, 3)) console.log(`    ${text}`)
  prove('something was recognized', utterances.length > 0)
}

async function main() {
  // Without the last quickstart's store, so that the first run is a real one.
  for (const dir of [job, store]) rmSync(dir, { recursive: true, force: true })

  const first = await run('1. From an empty store: every step is executed.')
  if (first.exitCode !== 0) return
  const steps = executedSteps(first.events)
  prove('every step was executed', steps.length > 0 && hits(first.events).length === 0, steps.join(', '))
  for (const path of filmsIn(job)) {
    const languages = await subtitleLanguages(path)
    prove(
      `${path} has an English and a Spanish track`,
      ['eng', 'spa'].every((one) => languages.includes(one)),
      languages,
    )
  }
  prove(
    'there is an mp4 and an mkv',
    ['.mp4', '.mkv'].every((ending) => filmsIn(job).some((path) => path.endsWith(ending))),
  )

  showWhatWasSaid(first.events)

  const second = await run('2. Again: nothing is computed.')
  const again = executedSteps(second.events)
  prove('no step was executed (no stage_running event)', again.length === 0, again.join(', '))
  const hitSteps = hits(second.events)
  prove(
    'every step of the first run was a hit',
    steps.every((step) => hitSteps.includes(step)),
    hitSteps.join(', '),
  )
  const saved = summaryOf(second.events)?.saved_ms ?? 0
  prove('it says what that saved', saved > 0, `${saved} ms`)
  console.log(
    `  saved: ${seconds(saved)} of computing; the first run took ${seconds(first.wallMs)}, this one ${seconds(second.wallMs)}`,
  )

  const third = await run('3. Only some steps, with shorter lines: only what the parameter touches runs.', [
    '--steps',
    'subtitles,mux',
    '-p',
    'maxLineChars=32',
  ])
  const touched = executedSteps(third.events)
  prove(
    'only subtitles and mux were executed',
    ['subtitles', 'mux'].every((name) => touched.some((step) => baseName(step) === name)) &&
      touched.every((step) => ['subtitles', 'mux'].includes(baseName(step))),
    touched.join(', '),
  )
  const reasons = missReasons(third.events, 'subtitles')
  prove('the miss names the parameter', reasons.includes('params.maxLineChars'), reasons.join(', '))
  const explainArgs = ['explain', job, 'subtitles']
  console.log(`  $ reprise ${explainArgs.join(' ')}`)
  const explained = await runCli(explainArgs)
  const printed = `${explained.stdout}${explained.stderr}`.trimEnd()
  console.log(printed.replace(/^/gm, '    '))
  prove('explain says so, too', explained.exitCode === 0 && printed.includes('maxLineChars'))

  console.log('\nThe films:')
  for (const path of filmsIn(job)) console.log(`  ${path}`)
}

await main()
if (failed.length > 0) {
  console.log(`\n${failed.length} of the claims above do not hold:\n${failed.map((claim) => `  ${claim}`).join('\n')}`)
  process.exitCode = 1
}
