import { createMemoryStore } from '../../../store/index.ts'
import { describeStore } from '../conformance.ts'

describeStore('memory store', async () => createMemoryStore())
