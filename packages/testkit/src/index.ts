export { certificate } from './certificate.ts'
export { Changes } from './changes.ts'
export { clientHello } from './client-hello.ts'
export { conformance } from './conformance/conformance.ts'
export type { Adapted, Handler, Kind } from './conformance/kind.ts'
export { passTurns, until } from './conformance/service.ts'
export { stillClock } from './conformance/still-clock.ts'
export { askOnce, type Example, exampleCases, startExample } from './example-cases.ts'
export { freePort } from './free-port.ts'
export { type Http2Frame, type Http2FrameType } from './http2-frame.ts'
export { type Http2Response } from './http2-responses.ts'
export { listen } from './listen.ts'
export { type Load, type LoadOptions, type LoadTally, startLoad } from './load.ts'
export { median } from './median.ts'
export { type SocketOptions } from './open-socket.ts'
export { type Exit, Program } from './program.ts'
export { connectRaw, RawClient } from './raw-client.ts'
export {
  type CompileOptions,
  compileProgram,
  firstProgram,
  startReadme,
  stopWhileWatched,
  type WatchedStop,
} from './readme.ts'
export {
  connectRawHttp2,
  type Goaway,
  type Http2RequestOptions,
  type RawHttp2Client,
  type RawHttp2Options,
} from './raw-http2-client.ts'
export { type SignalSender, startSignalSender } from './signal-sender.ts'
export { type SignalsSent, type SignalVolley } from './signal-volley.ts'
export { startProgram } from './start-program.ts'
export { startInTerminal, type Terminal, terminalMissing, type TerminalOptions } from './terminal.ts'
