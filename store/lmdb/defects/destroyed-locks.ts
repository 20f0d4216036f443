import { constants } from 'node:os'
import { errorCode, isSystemError } from '../../disk/io-failure.ts'

/** What is used of the native part of lmdb-js, which its types do not say. */
export interface NativePart {
  readonly Env: { readonly prototype: object }
}

interface NativeEnvironment {
  close(): void
}

/** For so long an environment is opened again: whoever else was told of the same locks gives them up in a moment. */
const againMs = 10_000
const pauseMs = 10

/** What lmdb-js opened last. */
let opened: NativeEnvironment | undefined

/**
 * Calls `open`, which opens an LMDB environment, and calls it again where the locks of the environment were destroyed
 * while it was opened: the last process that closes one destroys them, and whoever waits for that process to be done
 * takes them as they are. They are made anew once nobody has the environment open. lmdb-js leaves one open that it could
 * not use, so it is closed here first.
 */
export function openWithLocks<T>({ Env }: NativePart, open: () => T): T {
  // lmdb-js does not give its environment away, but it notes the path there.
  if (!Object.hasOwn(Env.prototype, 'path')) Object.defineProperty(Env.prototype, 'path', { set: noteOpened })
  const startMs = performance.now()
  for (;;) {
    opened = undefined
    try {
      return open()
    } catch (error) {
      if (!isInvalid(error) || performance.now() - startMs > againMs || !closeOpened()) throw error
    } finally {
      opened = undefined
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + pauseMs * Math.random())
  }
}

function noteOpened(this: NativeEnvironment, path: string): void {
  Object.defineProperty(this, 'path', { value: path, writable: true })
  opened = this
}

/** What a lock answers that was destroyed. */
function isInvalid(error: unknown): boolean {
  return isSystemError(error) && errorCode(error) === String(constants.errno.EINVAL)
}

function closeOpened(): boolean {
  try {
    opened?.close()
    return opened !== undefined
  } catch {
    // It was not opened at all.
    return false
  }
}
