import { describe, expect, it } from 'vitest'
import { memoryKillCount } from '../../../src/engine/process/memory-kills.ts'
import { ProcessSupervisor } from '../../../src/engine/process/process.ts'

function count(files: Readonly<Record<string, string>>): number {
  return memoryKillCount((path) => files[path])
}

describe('the processes that the kernel has killed for want of memory', () => {
  it('are counted by the control group, of either version, and by the machine', () => {
    expect(count({})).toBe(0)
    expect(count({ '/proc/vmstat': 'nr_free_pages 5\noom_kill 2\n' })).toBe(2)
    expect(
      count({
        '/proc/self/cgroup': '0::/user.slice/a\n',
        '/sys/fs/cgroup/user.slice/a/memory.events': 'low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\noom_group_kill 0\n',
      }),
    ).toBe(3)
    expect(
      count({
        '/proc/self/cgroup': '5:cpu,memory:/job\n3:cpuset:/\n0::/\n',
        '/sys/fs/cgroup/memory/job/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
      }),
    ).toBe(1)
  })

  it('tell why a process was killed', async () => {
    const end = async (script: string, kills: readonly number[]) => {
      const counts = [...kills]
      const supervisor = new ProcessSupervisor('test-memory-kills', { memoryKills: () => counts.shift() ?? 0 })
      try {
        const exit = await supervisor.run({ command: '/bin/sh', args: ['-c', script], cwd: '/', env: {} })
        return exit.killedForMemory
      } finally {
        await supervisor.end()
      }
    }
    expect(await end('kill -KILL $$', [4, 5])).toBe(true)
    expect(await end("sh -c 'kill -KILL $$'; exit $?", [4, 5])).toBe(true)
    expect(await end('kill -KILL $$', [4, 4])).toBe(false)
    expect(await end('kill -TERM $$', [4, 5])).toBe(false)
    expect(await end('exit 1', [4, 5])).toBe(false)
  })
})
