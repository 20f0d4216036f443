import { createMemoryStore } from '../../../store/index.ts'
import { describeLocalStore } from '../../conformance/local-store.ts'

describeLocalStore('memory store', async () => createMemoryStore())
