import { describeStore } from './conformance.ts'
import { newDirectory, open } from './fixtures.ts'

describeStore('local store', () => open({ dir: newDirectory() }))
