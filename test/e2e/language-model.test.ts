import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { executedSteps, runCommand } from '../rig/command.ts'
import { sampleFilm } from '../rig/film.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { startModelServer } from '../stages/language-model/model-server.ts'

const key = 'sk-sesame-open-1234'

/** Returns every file below a directory, those of the store too. */
function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('subtitles, translated by a language model', () => {
  it('asks once, replays offline, obeys a glossary, and writes key and address nowhere', async () => {
    const server = await startModelServer()
    const dir = temporaryDirectory()
    copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
    writeFileSync(join(dir, 'terms.csv'), 'term,translation\ncity,CIUDAD\n')
    const model = { REPRISE_LLM_MODEL: 'tiny' }
    const there = { ...model, REPRISE_LLM_ADDRESS: server.address, REPRISE_LLM_KEY: key }
    const run = (env: Record<string, string>, ...more: readonly string[]) =>
      runCommand(['run', '--store', 'store', '--json', ...more], { cwd: dir, env })
    const film = ['subtitles', 'talk.mp4', '--job', 'job', '-p', 'translator=llm', '-p']

    const first = await run(there, ...film, 'to=es')
    expect(first.exitCode, first.stderr).toBe(0)
    expect(executedSteps(first.stdout).filter((id) => id.startsWith('ask/es/'))).toHaveLength(1)
    expect(server.asked).toHaveLength(1)
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${key}`)

    const replayed = await run(model, ...film, 'to=es', '--offline')
    expect(replayed.exitCode, replayed.stderr).toBe(0)
    expect(executedSteps(replayed.stdout)).toEqual([])

    const missed = await run(model, ...film, 'to=fr', '--offline')
    expect(missed.exitCode).not.toBe(0)
    expect(missed.stdout).toContain('the run is offline and the answer of tiny is not in the store')

    const termed = await run(there, ...film, 'to=es', '--input', 'glossary=terms.csv')
    expect(termed.exitCode, termed.stderr).toBe(0)
    expect(server.asked).toHaveLength(2)
    expect(server.asked[1]?.terms).toEqual([{ term: 'city', translation: 'CIUDAD' }])

    for (const path of filesBelow(dir)) {
      const bytes = readFileSync(path)
      expect(bytes.includes(key), path).toBe(false)
      expect(bytes.includes(server.address), path).toBe(false)
    }
    expect(first.stdout + first.stderr + termed.stdout).not.toMatch(/sesame|127\.0\.0\.1/)
  })
})
