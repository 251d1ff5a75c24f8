/**
 * Why a stream or a session ends (RFC 9113, section 7). node:http2 has these numbers too, but a service that does not speak HTTP/2
 * would load all of it for them.
 */
export const http2Error = { noError: 0x0, cancel: 0x8 } as const
