/** What is on its way at once takes at most so much memory, however many blobs there are. */
const roomBytes = 64 * 1024 * 1024

/** Room in memory that what is sent has to wait for. */
export interface Room {
  /** Does work that needs so many bytes of memory, once there is room for them. */
  within<Value>(bytes: number, work: () => Promise<Value>): Promise<Value>
}

export function createRoom(): Room {
  let free = roomBytes
  const waiting: (() => void)[] = []
  return {
    async within(asked, work) {
      const bytes = Math.min(asked, roomBytes)
      while (free < bytes) await new Promise<void>((resolve) => waiting.push(resolve))
      free -= bytes
      try {
        return await work()
      } finally {
        free += bytes
        for (const resume of waiting.splice(0)) resume()
      }
    },
  }
}
