import { existsSync, statSync } from 'node:fs'
import type { JsonValue, LocalStore } from '../../../store/index.ts'
import { type Device, isList, isObject } from '../../core/index.ts'
import type { Cancellation } from '../system/cancellation.ts'
import { askProgram, findProgram, programStamp } from './tool-probe.ts'

/** What device detection needs of a machine; tests give their own. */
export interface Machine {
  readonly platform: string
  readonly arch: string
  readonly env: Readonly<Record<string, string | undefined>>
  exists(path: string): boolean
  /** Returns the path of a program, if there is one. */
  find(program: string): string | undefined
  /** Returns what a program prints, or undefined where it fails. */
  ask(path: string, args: readonly string[], cancellation?: Cancellation): Promise<string | undefined>
  /** Returns a text that changes with the program, its driver, or a reboot. */
  stamp(path: string): string
}

/** The best device of a machine. */
export interface FoundDevice {
  readonly device: Device
  /** Its name, if it has one. */
  readonly name?: string
  /** The GPUs that may be used, as `CUDA_VISIBLE_DEVICES` names them, where the device is CUDA. */
  readonly gpus?: readonly string[]
  /** Why a device that seems to exist is not used. */
  readonly note?: string
}

const thisMachine: Machine = {
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  exists: existsSync,
  find: findProgram,
  ask: askProgram,
  stamp: (path) => [programStamp(path), statSync('/dev/nvidiactl', { throwIfNoEntry: false })?.ctimeMs ?? 0].join(' '),
}

/** If one of these exists, there is an NVIDIA driver; without it, no process is started. */
const driverFiles = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg']
const query = ['--query-gpu=name', '--format=csv,noheader']

/** Finds the best device: CUDA where nvidia-smi names a GPU, MPS on Apple silicon, else the CPU. */
export async function findDevice(
  store?: Pick<LocalStore, 'ledger'>,
  { platform, arch, env, exists, find, ask, stamp }: Machine = thisMachine,
  cancellation: Cancellation = {},
): Promise<FoundDevice> {
  if (platform === 'darwin' && arch === 'arm64') return { device: 'mps' }
  if (!driverFiles.some(exists)) return { device: 'cpu' }
  const visible = visibleGpus(env.CUDA_VISIBLE_DEVICES)
  if (visible?.length === 0) {
    return { device: 'cpu', note: 'CUDA_VISIBLE_DEVICES hides every GPU' }
  }
  const program = find('nvidia-smi')
  if (program === undefined) {
    return {
      device: 'cpu',
      note: 'an NVIDIA driver is installed, but nvidia-smi is not on PATH; --device cuda uses it anyway',
    }
  }
  const stamped = stamp(program)
  const remembered = rememberedGpus(store?.ledger.memos.get('gpu'), stamped)
  const names =
    remembered ?? ((await ask(program, query, cancellation)) ?? '').split('\n').flatMap((line) => line.trim() || [])
  const [name] = names
  if (name === undefined) return { device: 'cpu', note: 'nvidia-smi lists no working GPU' }
  if (remembered === undefined) store?.ledger.memos.set('gpu', { stamp: stamped, names })
  return { device: 'cuda', name, gpus: visible ?? names.map((_, index) => String(index)) }
}

/**
 * Returns the GPUs that `CUDA_VISIBLE_DEVICES` leaves; undefined where it is not set. CUDA reads it up to the first -1.
 */
function visibleGpus(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const named = value.split(',').map((name) => name.trim())
  const end = named.findIndex((name) => name === '' || name === '-1')
  return end === -1 ? named : named.slice(0, end)
}

function rememberedGpus(memo: JsonValue | undefined, stamp: string): readonly string[] | undefined {
  if (!isObject(memo) || memo.stamp !== stamp || !isList(memo.names)) return undefined
  const { names } = memo
  return names.every((name) => typeof name === 'string') ? names : undefined
}

/** Returns the best device of this machine, and remembers it in the store. */
export async function detectDevice(store?: Pick<LocalStore, 'ledger'>): Promise<Device> {
  return (await findDevice(store)).device
}
