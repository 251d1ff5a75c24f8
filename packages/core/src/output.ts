/** How long a reader has for what was written, in ms. */
export const flushTimeout = 1_000

/** What writing fails with once nobody reads: a pipe that was closed, a terminal that is gone. */
const readerLeft: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

/** Whether writing failed because nobody reads any more. */
export function hasLostReader(error: NodeJS.ErrnoException): boolean {
  return readerLeft.has(error.code)
}

/**
 * Waits until what was written has left the process, but no longer than a second.
 *
 * @returns Whether it has left in that time: otherwise there is a reader that does not read.
 */
export async function flush(outputs: Iterable<NodeJS.WritableStream>): Promise<boolean> {
  const flushed = await Promise.all([...outputs].map(flushOne))
  return !flushed.includes(false)
}

function flushOne(output: NodeJS.WritableStream): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, flushTimeout, false).unref()
    output.write('', () => resolve(true))
  })
}
