import { describeInjected } from './go-through.ts'

describeInjected('rebuild', ['error=ENOSPC', 'error=EIO', 'error=EMFILE', 'error=EACCES'])
