import { formatLimit } from '@lastcall/core'
import { noticedWithin } from './haproxy-configuration.ts'
import type { Version } from './replica.ts'

const spare = 800
/** For how long a replica with a delay goes on serving: longer than HAProxy takes to notice that it is not ready. In ms. */
const stopDelay = noticedWithin + spare

/** A version by the name that it has on the command line, and in the head of a table. */
export interface NamedVersion extends Version {
  readonly title: string
  readonly delay: string
  /** What it is. */
  readonly text: string
}

const plain = import.meta.resolve('./plain-server.js')
const notReady = 'Express alone: on SIGTERM, /readyz says 503, and the server closes'
const delayText = `delay ${formatLimit(stopDelay)}`

/** What is compared, by the names on the command line. */
export const versions: Readonly<Record<string, NamedVersion>> = {
  lastcall: {
    title: 'Lastcall',
    delay: delayText,
    text: `examples/express with STOP_DELAY=${stopDelay}`,
    server: import.meta.resolve('@lastcall/example-express'),
    stopDelay,
  },
  close: { title: 'server.close()', delay: 'no delay', text: `${notReady} at once`, server: plain, stopDelay: 0 },
  'delayed-close': {
    title: 'server.close()',
    delay: delayText,
    text: `${notReady} ${formatLimit(stopDelay)} later`,
    server: plain,
    stopDelay,
  },
}
