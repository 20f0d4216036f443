import type { ObjectPlace } from '../../../../store/remote/place/object-place.ts'
import { retryingPlace } from '../../../../store/remote/place/retrying-place.ts'
import type { Patience } from '../../../../store/remote/reapi/grpc-client.ts'
import { reapiTarget } from '../../../../store/remote/reapi/open-reapi.ts'
import { createReapiPlace } from '../../../../store/remote/reapi/reapi-place.ts'

/** Returns the place on a server on loopback, as somebody who asks again without much waiting. */
export async function reapiPlaceAt(port: number, token?: string, patience?: Patience): Promise<ObjectPlace> {
  const target = reapiTarget(`grpc://127.0.0.1:${port}/team`, token)
  if (!target.ok) throw new Error(target.error)
  const place = await createReapiPlace({ ...target.value, ...(patience && { patience }) })
  if (!place.ok) throw new Error(place.error)
  return retryingPlace(place.value, { firstWaitMs: 1 })
}
