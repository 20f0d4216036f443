import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseEvent } from './run-proof.mjs'

const cli = 'dist/cli.cjs'

/** Runs the built command line and resolves with what it printed. */
export async function runCli(args) {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, exitCode] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exitOf(child)])
  return { stdout, stderr, exitCode }
}

/** Runs the built command line with `--json`; tells each event as it comes and resolves with all of them. */
export async function runEvents(args, onEvent) {
  const began = performance.now()
  const child = spawn(process.execPath, [cli, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const stderr = textOf(child.stderr)
  const exit = exitOf(child)
  const events = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.trim() === '') continue
    const event = parseEvent(line)
    events.push(event)
    onEvent(event)
  }
  const exitCode = await exit
  return { events, exitCode, stderr: await stderr, wallMs: performance.now() - began }
}

function exitOf(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
}

async function textOf(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
