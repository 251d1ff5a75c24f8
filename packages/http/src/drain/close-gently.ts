import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** How long a client may take to answer our end, in ms. */
export const patience = 50
/** The same for one that may still be reading, or is still sending the body of a request that has been answered. */
export const longPatience = 1_000
/** Up to so many bytes, a client is taken to have received what has left: it is the usual size of a receive window. */
export const smallResponse = 65_536

/**
 * Ends a connection so that what was written arrives: sends what is left and our end, throws away what comes in, and destroys
 * it when the client has ended too, or has not in time.
 *
 * Closing at once would answer bytes that come in with a reset, and a reset discards what the client has not yet read
 * (RFC 9112, section 9.6).
 *
 * @param request - The request that was answered last, if its body may still be on its way.
 */
export function closeGently(socket: Socket, request: IncomingMessage | undefined): void {
  const sending = request?.complete === false
  if (sending && isRead(request)) {
    // The application has answered, and goes on reading.
    request.once('close', () => closeGently(socket, undefined))
    return
  }
  // Node reads a body that nobody wants by itself, to its end.
  if (sending) request.once('end', () => discardInput(socket))
  else discardInput(socket)
  socket.end()
  const waitForEnd = (): void => {
    const busy = sending || socket.bytesWritten > smallResponse
    const timer = setTimeout(() => socket.destroy(), busy ? longPatience : patience)
    socket.once('close', () => clearTimeout(timer))
  }
  // A slow reader has all the time that the stop has: only when the last byte has left does the client's end fall due.
  if (socket.writableFinished) waitForEnd()
  else socket.once('finish', waitForEnd)
}

function isRead(request: IncomingMessage): boolean {
  return request.listenerCount('data') + request.listenerCount('readable') > 0
}

/** Lets no more input become a request, which could no longer be answered. */
function discardInput(socket: Socket): void {
  socket.on('data', ignore)
  for (const listener of socket.listeners('data')) {
    if (listener !== ignore) socket.off('data', listener as (chunk: Buffer) => void)
  }
  socket.resume()
}

function ignore(): void {}
