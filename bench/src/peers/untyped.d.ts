declare module 'lil-http-terminator' {
  import type { Server } from 'node:http'

  interface Options {
    readonly server: Server
    readonly gracefulTerminationTimeout?: number
    readonly maxWaitTimeout?: number
  }

  export default function HttpTerminator(options: Options): { terminate(): Promise<unknown> }
}
