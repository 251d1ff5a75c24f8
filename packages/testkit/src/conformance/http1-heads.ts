/** The head of a response after which the connection stays. */
export const keptAlive: RegExp = /^HTTP\/1\.1 200 OK\r\n[^]*Connection: keep-alive\r\n[^]*\r\n\r\n/
/** The head of a response that sends the client elsewhere. */
export const closing: RegExp = /HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*Connection: close\r\n/
