import { expect, it } from 'vitest'
import { maxSizeOf } from '../../../store/upkeep/default-max-size.ts'

const gigabytes = (count: number) => ({ blocks: count * 1000, bsize: 1000 ** 2 })

it('a store takes a tenth of its disk, five gigabytes of a small one, and at most half', () => {
  expect([100, 20, 10, 2, 0.1].map((disk) => maxSizeOf(gigabytes(disk)) / 1000 ** 3)).toEqual([10, 5, 5, 1, 0.05])
})
