import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { install, installedDir } from '../install.ts'
import { isInstalled } from '../peers.ts'

/** What another program finds in a song. */
export interface PeerBeats {
  readonly beats: readonly number[]
  /** What it says of the tempo of the whole song. */
  readonly bpm: number
}

/** Another program that finds beats. */
export interface PeerTracker {
  readonly name: string
  readonly beatsOf: (path: string) => PeerBeats
}

const musicTempo = { registry: 'npm', name: 'music-tempo', version: '1.0.3' } as const
const rateHz = 44_100

/** Returns the programs that are there or can be installed, and why the others are not. */
export async function peerTrackers(): Promise<{ readonly there: PeerTracker[]; readonly missing: string[] }> {
  const there: PeerTracker[] = []
  const missing: string[] = []
  if (isInstalled('aubio')) there.push({ name: 'aubio tempo, beat', beatsOf: byAubio })
  else missing.push('aubio is not installed: apt-get install aubio-tools')
  const installed = await install(musicTempo, installedDir)
  if (installed.ok) there.push({ name: 'music-tempo', beatsOf: byMusicTempo(installed.dir) })
  else missing.push(installed.why)
  return { there, missing }
}

function byAubio(path: string): PeerBeats {
  const run = (command: string) => execFileSync('aubio', [command, path], { encoding: 'utf8', stdio: 'pipe' })
  const beats = run('beat')
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [Number(line)]))
  return { beats, bpm: Number(/([\d.]+) bpm/.exec(run('tempo'))?.[1] ?? 0) }
}

function byMusicTempo(dir: string): PeerTracker['beatsOf'] {
  const loaded: unknown = createRequire(join(dir, 'any.cjs'))('music-tempo')
  if (typeof loaded !== 'function') throw new TypeError('music-tempo exports something else than a constructor')
  return (path) => {
    const bytes = execFileSync(
      'ffmpeg',
      ['-v', 'error', '-i', `file:${path}`, '-ac', '1', '-ar', String(rateHz), '-f', 'f32le', '-'],
      { maxBuffer: 1 << 30 },
    )
    const samples = new Float32Array(bytes.length / 4).map((_, at) => bytes.readFloatLE(4 * at))
    try {
      const found: unknown = Reflect.construct(loaded, [samples])
      const [beats, tempo]: readonly unknown[] = ['beats', 'tempo'].map((name) =>
        typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined,
      )
      return { beats: Array.isArray(beats) ? beats.map(Number) : [], bpm: Number(tempo) }
    } catch {
      // It throws where it finds nothing.
      return { beats: [], bpm: 0 }
    }
  }
}
