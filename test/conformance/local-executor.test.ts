import { describeExecutor } from './executor.ts'

describeExecutor(
  'this process',
  async () =>
    ({ local }) =>
      local,
)
