import { ProcessSupervisor } from '../../../src/engine/process/process.ts'
import { systemTiming } from '../../../src/engine/system/timing.ts'

/** Asks a program that answers with its pid and ignores everything from then on, prints that, and stays. */
const program = `trap '' TERM HUP INT; read -r question; echo "{\\"answer\\":$$}"; while :; do sleep 1000; done`
const nothing = () => {}

const supervisor = new ProcessSupervisor(`asking-${process.pid}`)
const end = await supervisor.ask(
  { command: '/bin/sh', args: ['-c', program], env: { PATH: process.env.PATH ?? '' }, identity: '' },
  {
    text: '{}',
    signal: new AbortController().signal,
    idleMs: 1_000_000,
    timing: systemTiming,
    onProgram: nothing,
    onStdoutLine: nothing,
    onStderrLine: nothing,
    onFinalStderrLine: nothing,
  },
)
process.stdout.write(`${end.kind === 'answered' ? String(end.answer) : end.kind}\n`)
