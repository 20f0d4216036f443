import { describeInjected } from './go-through.ts'

describeInjected('collect', ['error=ENOSPC', 'error=EIO'])
