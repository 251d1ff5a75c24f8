import type { ServerHttp2Stream } from 'node:http2'

/** What is said with a 503: another server can be asked at once. In seconds (RFC 9110, section 10.2.3). */
export const retryAfter = { 'Retry-After': 1 } as const

/** The answer where Node writes none for us: on a socket that has been upgraded, or in place of a response that is given up. */
export const unavailableText: string =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'

/** Answers a stream that has got nothing yet. */
export function answerUnavailable(stream: ServerHttp2Stream): void {
  const headers = { ...retryAfter, ':status': 503 }
  stream.respond(headers, { endStream: true })
}
