import type { Hook } from '@lastcall/core'
import type { ServerAdapter, ServerAdapterOptions } from '@lastcall/http'
import type { RequestListener } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Server } from 'node:net'

/** A handler for every kind: what the cases use of requests and responses, those of node:http2 have too. */
export type Handler = RequestListener & ((request: Http2ServerRequest, response: Http2ServerResponse) => void)

/** A server with its adapter. */
export interface Adapted {
  readonly server: Server
  readonly adapter: Hook &
    Pick<ServerAdapter, 'beforeStop' | 'connections' | 'draining' | 'waitingFor' | 'inFlight' | 'stop' | 'unused'>
}

/** A kind of server that an adapter is made for. */
export interface Kind {
  readonly name: string
  /** Whether its connections begin with a TLS handshake; with the certificate of this package. Default false. */
  readonly secure?: boolean
  readonly protocols: readonly ('HTTP/1' | 'HTTP/2')[]
  /** Makes a server that does not listen yet and answers with a handler, and its adapter. */
  create(handler: Handler, options: ServerAdapterOptions): Adapted
}
