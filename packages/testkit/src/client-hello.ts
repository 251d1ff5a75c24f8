import { Duplex } from 'node:stream'
import { connect } from 'node:tls'

/** The first bytes of a TLS handshake as Node.js sends them: one record, with a real ClientHello, which went over no network. */
export function clientHello(): Buffer {
  const written: Buffer[] = []
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk)
      done()
    },
  })
  // Node.js writes it before `connect` returns.
  connect({ socket: wire, servername: 'localhost', ALPNProtocols: ['h2', 'http/1.1'] }).destroy()
  return Buffer.concat(written)
}
