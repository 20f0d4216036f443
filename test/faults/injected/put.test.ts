import { describeInjected } from './go-through.ts'

describeInjected('put', ['error=ENOSPC', 'error=EIO', 'error=EMFILE', 'error=EACCES'])
