import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../../core/index.ts'
import { printable } from '../../report/text/printable.ts'
import type { EditableTrack, EditsAnswer, HandCorrection } from '../api/messages.ts'

/** A file of a job as it was edited, and as it was before. */
export interface Edit {
  readonly path: string
  readonly base: string
  readonly text: string
}

/** Hands an edit to a command by a file that only this user can read; its path has nothing of what was asked. */
export async function withEditFile<T>(edit: Edit, use: (path: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-edit-'))
  try {
    const path = join(dir, 'edits.json')
    writeFileSync(path, JSON.stringify([edit]), { mode: 0o600 })
    return await use(path)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Reads what `corrections --json` printed. The command of the same build printed it. */
export function editsOf(output: string): EditsAnswer {
  const value: unknown = JSON.parse(output)
  const { step, files, corrections, changed, refused } = isRecord(value) ? value : {}
  return {
    step: typeof step === 'string' ? step : '',
    files: listOf(files).flatMap((file): readonly EditableTrack[] => {
      const { path, text, limits } = file
      if (typeof path !== 'string' || typeof text !== 'string') return []
      return [{ path, text, limits: numbersOf(limits) }]
    }),
    corrections: listOf(corrections).flatMap((of): readonly HandCorrection[] => {
      const { id, state, lines } = of
      if (typeof id !== 'string' || typeof state !== 'string' || !Array.isArray(lines)) return []
      return [{ id, state, lines: lines.map((line) => printable(String(line))) }]
    }),
    changed: typeof changed === 'number' ? changed : 0,
    refused: listOf(refused).map(({ why, isStale }) => ({
      why: printable(String(why)),
      isStale: isStale === true,
    })),
  }
}

function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function numbersOf(value: unknown): Readonly<Record<string, number>> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, number]) => (typeof number === 'number' ? [[name, number]] : [])),
  )
}
