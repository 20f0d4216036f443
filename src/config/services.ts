import { shippedServices } from '../../stages/pipelines.ts'
import type { Provision } from '../core/index.ts'

export interface ServiceOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly offline: boolean
}

/** Returns what a config provides, and of the services that ship those that it does not. */
export async function servicesOf(
  offered: readonly Provision[],
  { env, offline }: ServiceOptions,
): Promise<readonly Provision[]> {
  const own = new Set(offered.map(({ service }) => service.service))
  const shipped = await shippedServices(env, { offline })
  return [...offered, ...shipped.filter(({ service }) => !own.has(service.service))]
}
