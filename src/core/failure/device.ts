/** Where a step computes. */
export type Device = 'cpu' | 'cuda' | 'mps'

export const devices: readonly Device[] = ['cpu', 'cuda', 'mps']

/** Returns the device on which a stage runs when `wanted` is there: its own choice where it cannot use that one. */
export function deviceFor(stageDevices: readonly Device[] | undefined, wanted: Device): Device {
  const usable = stageDevices ?? ['cpu']
  return usable.includes(wanted) ? wanted : (usable[0] ?? 'cpu')
}
