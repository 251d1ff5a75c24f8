import { type Socket, connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'

/** How to open a connection. */
export interface SocketOptions {
  /** Whether to speak TLS, and take any certificate; default false. */
  readonly secure?: boolean
  /** The protocols to offer in the TLS handshake (ALPN); default none. */
  readonly protocols?: readonly string[]
  /** Whether to leave our side open when the server has ended its own; default false. */
  readonly allowHalfOpen?: boolean
}

/** Connects to a port of this machine, and rejects when that fails; what is left open when the test ends is destroyed. */
export async function openSocket(port: number, options: SocketOptions): Promise<Socket> {
  const { secure = false, protocols = [], allowHalfOpen = false } = options
  const address = { port, host: '127.0.0.1', allowHalfOpen }
  const socket = secure
    ? connectTls({
        ...address,
        servername: 'localhost',
        rejectUnauthorized: false,
        ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
      })
    : connectTcp(address)
  onTestFinished(() => {
    socket.destroy()
  })
  // What one call sends leaves at once, and does not wait for the answer to the call before.
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once(secure ? 'secureConnect' : 'connect', resolve).once('error', reject)
  })
  return socket
}
