import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type CommandEnd, executedSteps, runCommand, runProgram } from '../rig/command.ts'
import { artifactsBelow } from '../rig/file-tree.ts'
import { sampleFilm } from '../rig/film.ts'
import { processesOfJob } from '../rig/processes.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

/** Mounting needs root. */
const canMount = process.getuid?.() === 0 && process.platform === 'linux'

const spanish = ['-p', 'to=es']

/** A directory with a film, and `reprise run subtitles` in it. */
async function bench() {
  const dir = temporaryDirectory()
  copyFileSync(await sampleFilm(), join(dir, 'talk.mp4'))
  const path = (...names: string[]) => join(dir, ...names)
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> =>
    runCommand(['run', '--store', 'store', '--job', 'job', 'subtitles', ...args], { cwd: dir, env })
  const ffmpeg = (...args: string[]) => runProgram('ffmpeg', ['-nostdin', '-v', 'error', ...args], dir)
  return { dir, path, run, ffmpeg }
}
type Bench = Awaited<ReturnType<typeof bench>>

/** Mounts a file system of that many bytes for the length of a test. */
function mountSmallDisk(dir: string, sizeBytes: number): void {
  mkdirSync(dir)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir])
  onTestFinished(() => {
    execFileSync('umount', [dir])
  })
}

/** Expects that a job has no half-done step, that the store has no half-written blob, and that nothing runs. */
function expectNothingLeftBehind({ path }: Bench): void {
  if (existsSync(path('job/.work'))) expect(readdirSync(path('job/.work'))).toEqual([])
  if (existsSync(path('store/tmp'))) expect(readdirSync(path('store/tmp'))).toEqual([])
  expect(processesOfJob(path('job')).alive()).toEqual([])
}

interface Mistake {
  readonly mistake: string
  /** Makes what is wrong, and returns the arguments. */
  readonly args: (bench: Bench) => Promise<readonly string[]> | readonly string[]
  readonly exitCode: number
  readonly says: RegExp
  /** The steps that may have been executed before the mistake could be found. */
  readonly executed?: readonly string[]
}

const mistakes: readonly Mistake[] = [
  {
    mistake: 'no such file',
    args: () => ['tolk.mp4', ...spanish],
    exitCode: 2,
    says: /tolk\.mp4/,
  },
  {
    mistake: 'a text under the name of a film',
    args: ({ path }) => {
      writeFileSync(path('text.mp4'), 'This is no film.\n'.repeat(100))
      return ['text.mp4', ...spanish]
    },
    exitCode: 1,
    says: /demux +FAILED .*cannot be read as a media file/,
    executed: ['demux'],
  },
  {
    mistake: 'a film without sound',
    args: async ({ ffmpeg }) => {
      await ffmpeg('-i', 'talk.mp4', '-map', '0:v', '-c', 'copy', 'silent.mp4')
      return ['silent.mp4', ...spanish]
    },
    exitCode: 1,
    says: /demux +FAILED .*(sound|audio)/,
    executed: ['demux'],
  },
  {
    mistake: 'a truncated film',
    args: ({ path }) => {
      copyFileSync(path('talk.mp4'), path('cut.mp4'))
      truncateSync(path('cut.mp4'), Math.floor(readFileSync(path('talk.mp4')).length / 2))
      return ['cut.mp4', ...spanish]
    },
    exitCode: 1,
    says: /demux +FAILED /,
    executed: ['demux'],
  },
  {
    mistake: 'a language without a pair',
    args: () => ['talk.mp4', '-p', 'to=fr'],
    exitCode: 3,
    says: /fr/,
  },
  {
    mistake: 'a clip that starts behind the end of the film',
    args: () => ['talk.mp4', ...spanish, '-p', 'clipStartS=3600'],
    exitCode: 1,
    says: /demux +FAILED .*3600/,
    executed: ['demux'],
  },
  {
    mistake: 'a clip that ends before it starts',
    args: () => ['talk.mp4', ...spanish, '-p', 'clipStartS=3', '-p', 'clipEndS=2'],
    exitCode: 2,
    says: /clipEndS/,
  },
  {
    mistake: 'a job directory below a file',
    args: () => ['talk.mp4', ...spanish, '--job', 'talk.mp4/job'],
    exitCode: 2,
    says: /talk\.mp4\/job/,
  },
  {
    mistake: 'a job directory where none can be made',
    args: () => ['talk.mp4', ...spanish, '--job', '/proc/job'],
    exitCode: 2,
    says: /\/proc\/job/,
  },
  {
    mistake: 'a store of a newer format',
    args: ({ path }) => {
      mkdirSync(path('store'))
      writeFileSync(path('store/FORMAT'), 'reprise-store 99\n')
      return ['talk.mp4', ...spanish]
    },
    exitCode: 4,
    says: /reprise-store 99.*update reprise/,
  },
]

describe('a mistake is answered with one clear message, and leaves nothing behind', () => {
  it.each(mistakes)('$mistake', async ({ args, exitCode, says, executed = [] }) => {
    const place = await bench()
    const given = await args(place)
    const end = await place.run(given)
    expect(end.stderr).toMatch(says)
    expect(end.exitCode, end.stderr).toBe(exitCode)
    expect(end.stderr).not.toMatch(/^\s+at /m)
    expectNothingLeftBehind(place)
    const again = await place.run([...given, '--json'])
    expect(again.exitCode).toBe(exitCode)
    expect(executedSteps(again.stdout)).toEqual(executed)
  })

  it('no ffmpeg on PATH', async () => {
    const place = await bench()
    mkdirSync(place.path('empty'))
    const end = await place.run(['talk.mp4', ...spanish], { PATH: place.path('empty') })
    expect(end.exitCode, end.stderr).toBe(3)
    expect(end.stderr).toMatch(/ffmpeg.*apt-get install ffmpeg/)
    expect(existsSync(place.path('job'))).toBe(false)
  })

  it.runIf(canMount)('a store on a disk that is full from the start', async () => {
    const place = await bench()
    mountSmallDisk(place.path('disk'), 16_384)
    const end = await place.run(['talk.mp4', ...spanish, '--store', 'disk/store'])
    expect(end.exitCode, end.stderr).toBe(4)
    expect(end.stderr).toMatch(/full/)
  })

  it.runIf(canMount)('a store whose disk fills up: the film is made, and what could not be kept is said', async () => {
    const place = await bench()
    mountSmallDisk(place.path('disk'), 2 * 1024 * 1024)
    const args = ['talk.mp4', ...spanish, '--store', 'disk/store']
    const end = await place.run(args)
    expect(end.exitCode, end.stderr).toBe(0)
    expect(end.stderr).toMatch(/not kept for later runs: .*full/)
    expect(Object.keys(artifactsBelow(place.path('job')))).toContain('05_mux/film.mkv')
    expect(readdirSync(place.path('disk/store/tmp'))).toEqual([])
    execFileSync('mount', ['-o', `remount,size=${64 * 1024 * 1024}`, place.path('disk')])
    const roomy = await place.run([...args, '--json'])
    expect(roomy.exitCode, roomy.stderr).toBe(0)
    const again = await place.run([...args, '--json'])
    expect(executedSteps(again.stdout)).toEqual([])
  })
})

describe('a store that is to be small', () => {
  it('says what would go, and frees the disk; then everything is computed again, with the same bytes', async () => {
    const { dir, run, path } = await bench()
    expect((await run(['talk.mp4', ...spanish])).exitCode).toBe(0)
    const made = artifactsBelow(path('job'))
    const gc = (...more: string[]) =>
      runCommand(['cache', 'gc', '--store', 'store', '--max-size', '0', ...more], { cwd: dir })
    const blobFiles = () =>
      readdirSync(path('store/blobs'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

    const before = blobFiles().length
    const foretold = await gc('--dry-run')
    expect(foretold.exitCode, foretold.stderr).toBe(0)
    for (const word of ['subtitles', 'demux', 'audio.wav', 'translate/es', 'mux', 'film.mkv'])
      expect(foretold.stdout).toContain(word)
    expect(blobFiles()).toHaveLength(before)
    expect(executedSteps((await run(['talk.mp4', ...spanish, '--json'])).stdout)).toEqual([])

    expect((await gc()).exitCode).toBe(0)
    expect(blobFiles()).toEqual([])
    const again = await run(['talk.mp4', ...spanish, '--json'])
    expect(executedSteps(again.stdout)).toEqual([
      'check',
      'demux',
      'mux',
      'recognize/whole.wav',
      'segment',
      'stitch',
      'subtitles',
      'translate/es',
    ])
    expect(again.stdout).toContain('"evicted"')
    expect(artifactsBelow(path('job'))).toEqual(made)
  })

  it('translates a language that is added, and no other step before', async () => {
    const { run } = await bench()
    expect((await run(['talk.mp4'])).exitCode).toBe(0)
    const more = await run(['talk.mp4', ...spanish, '--json'])
    expect(executedSteps(more.stdout)).toEqual(['check', 'mux', 'subtitles', 'translate/es'])
  })
})
