/**
 * Calls a function before others write to some streams, such as a stage that calls `console.log`, and ends their lines,
 * so that what is drawn on a terminal is neither in the way of that nor removes it. Returns what undoes it.
 */
export function beforeOthersWrite(streams: readonly NodeJS.WriteStream[], call: () => void): () => void {
  const undo = streams.map((stream) => {
    const { write } = stream
    stream.write = new Proxy(write, {
      apply: (_, __, args: readonly unknown[]) => {
        call()
        const isTaken: boolean = Reflect.apply(write, stream, args)
        const [text] = args
        if (!(typeof text === 'string' && text.endsWith('\n'))) write.call(stream, '\n')
        return isTaken
      },
    })
    return () => {
      stream.write = write
    }
  })
  return () => {
    for (const each of undo) each()
  }
}
