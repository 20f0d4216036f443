import { describeInjected } from './go-through.ts'

describeInjected('make', ['error=ENOSPC', 'error=EIO', 'error=EMFILE', 'error=EACCES'])
