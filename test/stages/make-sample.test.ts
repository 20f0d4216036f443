import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { mediaDirectory, probe } from './sample.ts'

const script = resolve('scripts/make-sample.sh')
const media = mediaDirectory('a "film\'s" directory')
const { dir } = media
afterAll(media.remove)

describe('make-sample.sh', () => {
  it('makes the same bytes each time, under any name, and leaves nothing else behind', async () => {
    execFileSync('sh', [script, '-talk $1.mp4', '1'], { cwd: dir })
    execFileSync('sh', [script, join(dir, 'new', 'talk.mp4'), '1'])
    const [one, other] = [join(dir, '-talk $1.mp4'), join(dir, 'new', 'talk.mp4')]
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true)
    expect(readdirSync(dir).sort()).toEqual(['-talk $1.mp4', 'new'])
    const { streams, durationS } = await probe(one)
    expect(streams.map(({ kind, codec }) => `${kind} ${codec}`)).toEqual(['video h264', 'audio aac'])
    expect(durationS).toBeGreaterThan(3)
  })

  it.each([[[]], [['out.mp4', '8']], [['out.mp4', 'two']], [['out.mp4', '1', 'more']]])('refuses %j', (args) => {
    const { status, stderr } = spawnSync('sh', [script, ...args], { cwd: dir, encoding: 'utf8' })
    expect(status).toBe(2)
    expect(stderr).toContain('make-sample.sh: ')
  })
})
