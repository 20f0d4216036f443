import { existsSync } from 'node:fs'
import { arch, platform } from 'node:process'
import type { Device } from '../core/index.ts'

/** Returns the best device of this machine, without starting a process: CUDA by its driver, MPS on Apple silicon, else the CPU. */
export function detectDevice(): Device {
  if (platform === 'darwin' && arch === 'arm64') return 'mps'
  if (existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl')) return 'cuda'
  return 'cpu'
}
