import { formatDuration } from './duration.ts'

/** A handle of libuv, as a diagnostic report tells of it (Node API, `process.report.getReport()`, its section `libuv`). */
export interface LibuvHandle {
  readonly type: string
  readonly is_active: boolean
  readonly is_referenced?: boolean
  readonly stdio?: string
  readonly writeQueueSize?: number
  readonly localEndpoint?: Endpoint | string | null
  readonly remoteEndpoint?: Endpoint | string | null
  readonly pid?: number
  readonly filename?: string
  readonly firesInMsFromNow?: number
}

interface Endpoint {
  readonly host: string
  readonly port: number
}

/** How many resources of one kind are told one by one. */
const longestList = 5

/** What libuv has a handle for, so that it can tell more of it; by the name that Node has for it. */
const handleKinds: ReadonlySet<string> = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'TTYWrap',
  'UDPWrap',
  'ProcessWrap',
  'FSEventWrap',
  'StatWatcher',
  'MessagePort',
  'WriteWrap',
  'SimpleWriteWrap',
])

/** What libuv has for the event loop itself, or Node names better. */
const innerTypes: ReadonlySet<string> = new Set(['loop', 'check', 'prepare', 'idle', 'timer', 'signal'])

/** How what Node and libuv name is called, one of it and several. */
const texts: Readonly<Record<string, readonly [one: string, several: string]>> = {
  Timeout: ['timer', 'timers'],
  Immediate: ['immediate', 'immediates'],
  FSReqCallback: ['file operation', 'file operations'],
  FSReqPromise: ['file operation', 'file operations'],
  GetAddrInfoReqWrap: ['DNS lookup', 'DNS lookups'],
  TCPConnectWrap: ['connection attempt', 'connection attempts'],
  'tcp server': ['TCP server', 'TCP servers'],
  tcp: ['TCP socket', 'TCP sockets'],
  pipe: ['pipe', 'pipes'],
  tty: ['terminal', 'terminals'],
  udp: ['UDP socket', 'UDP sockets'],
  process: ['child process', 'child processes'],
  fs_event: ['file watcher', 'file watchers'],
  fs_poll: ['file watcher', 'file watchers'],
  async: ['worker thread, message port or native addon', 'worker threads, message ports or native addons'],
}

/**
 * Says what keeps the event loop alive: `2 timers (due in 0.80 s or later), 1 TCP socket (port 40696 to 127.0.0.1:5432)`.
 * It is an empty string where there is nothing that Node can name.
 *
 * @param active - What `process.getActiveResourcesInfo()` returned.
 * @param handles - The handles of libuv, where they are known.
 */
export function describeResources(active: readonly string[], handles: readonly LibuvHandle[] | undefined): string {
  /** By the text for one of a kind, what can be told of each. */
  const groups = new Map<string, Group>()
  for (const name of active) {
    if (handles === undefined || !handleKinds.has(name)) add(groups, name)
  }
  for (const handle of handles ?? []) {
    if (holdsLoop(handle)) add(groups, nameOf(handle), detailOf(handle))
  }
  // Node has one handle for all timers: it knows of the next one alone, and that may be one that holds nothing open.
  const due = handles?.find(({ type }) => type === 'timer')?.firesInMsFromNow
  if (due !== undefined && due > 0) groups.get('timer')?.details.push(`due in ${formatDuration(due)} or later`)
  return [...groups.values()].map(groupText).join(', ')
}

interface Group {
  readonly text: readonly [one: string, several: string]
  count: number
  /** Which they are, as far as that can be told. */
  readonly details: string[]
}

function add(groups: Map<string, Group>, name: string, detail?: string): void {
  const text = texts[name] ?? [name, name]
  const group = groups.get(text[0]) ?? { text, count: 0, details: [] }
  group.count += 1
  if (detail !== undefined) group.details.push(detail)
  groups.set(text[0], group)
}

function groupText({ text: [one, several], count, details }: Group): string {
  const more = details.length > longestList ? [`${details.length - longestList} more`] : []
  const told = [...details.slice(0, longestList), ...more].join('; ')
  return `${count} ${count === 1 ? one : several}${told === '' ? '' : ` (${told})`}`
}

function holdsLoop({ type, is_active, is_referenced, writeQueueSize = 0 }: LibuvHandle): boolean {
  // One that only has something left to write is not called active.
  return (is_active || writeQueueSize > 0) && is_referenced === true && !innerTypes.has(type)
}

function nameOf({ type, remoteEndpoint }: LibuvHandle): string {
  return type === 'tcp' && !remoteEndpoint ? 'tcp server' : type
}

function detailOf(handle: LibuvHandle): string | undefined {
  const { pid, filename, writeQueueSize = 0 } = handle
  if (pid !== undefined) return `pid ${pid}`
  const which = filename ?? handle.stdio ?? placeOf(handle)
  const unread = writeQueueSize > 0 ? `${writeQueueSize.toLocaleString('en')} bytes unread` : undefined
  return which && unread ? `${which}, ${unread}` : (which ?? unread)
}

/** Where a server or a socket is, and what it is connected to. */
function placeOf({ type, localEndpoint, remoteEndpoint }: LibuvHandle): string | undefined {
  const local = endpointText(localEndpoint)
  const remote = endpointText(remoteEndpoint)
  if (type !== 'tcp' || remote === undefined) return (local ?? remote) && `on ${local ?? remote}`
  return typeof localEndpoint === 'object' && localEndpoint ? `port ${localEndpoint.port} to ${remote}` : `to ${remote}`
}

/** An address, or the path of a socket in the file system; `undefined` where it has none. */
function endpointText(endpoint: Endpoint | string | null | undefined): string | undefined {
  if (typeof endpoint !== 'object' || endpoint === null) return endpoint ?? undefined
  const { host, port } = endpoint
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
