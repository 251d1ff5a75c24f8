/** Whether HAProxy passes on requests, or connections without a look at what is on them, as a Service of Kubernetes does. */
export type Mode = 'http' | 'tcp'

export const modes: readonly Mode[] = ['http', 'tcp']

/** Which idle connections to a replica HAProxy uses for a request that is the first of its client (`http-reuse`): `safe` is its default. */
export type HttpReuse = 'never' | 'safe' | 'aggressive' | 'always'

export const httpReuses: readonly HttpReuse[] = ['never', 'safe', 'aggressive', 'always']

/** What HAProxy does with what comes. */
export interface Manner {
  readonly mode: Mode
  readonly reuse: HttpReuse
}

/** Where HAProxy is to listen, and for whom. */
export interface HaproxyOptions {
  readonly port: number
  readonly statisticsSocket: string
  readonly manner: Manner
  readonly replicas: readonly { readonly name: string; readonly port: number }[]
}

/** How often a replica is asked whether it is ready, how long it may take to answer, and how often it may fail. In ms. */
const checkInterval = 100
const checkLimit = 1_000
const checksToFail = 2

/** How long it takes HAProxy at most to notice that a replica is not ready, in ms: until then it sends it requests. */
export const noticedWithin: number = checksToFail * (checkInterval + checkLimit)

/**
 * A configuration in which HAProxy never sends a request twice, so that whatever is lost behind it is seen by a client. Over HTTP it keeps
 * its connections to the replicas idle for the next request, in any case for that of the same client.
 */
export function haproxyConfiguration({ port, statisticsSocket, manner, replicas }: HaproxyOptions): string {
  return `global
  stats socket ${statisticsSocket} mode 600

defaults
${mannerLines(manner)}
  retries 0
  no option redispatch
  timeout connect 1s
  timeout queue 1s
  timeout check ${checkLimit}ms
  timeout client 30s
  timeout server 30s

frontend clients
  bind 127.0.0.1:${port}
  default_backend replicas

backend replicas
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter ${checkInterval}ms fall ${checksToFail} rise 1
${replicas.map((replica) => `  server ${replica.name} 127.0.0.1:${replica.port}`).join('\n')}
`
}

function mannerLines({ mode, reuse }: Manner): string {
  const lines = mode === 'http' ? [`mode ${mode}`, 'retry-on none', `http-reuse ${reuse}`] : [`mode ${mode}`]
  return lines.map((line) => `  ${line}`).join('\n')
}
