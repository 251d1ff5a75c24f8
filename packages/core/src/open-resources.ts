/** What there may be on the object behind a handle: a socket, a server, a child process. */
interface Handle {
  readonly pid?: unknown
  readonly spawnfile?: unknown
  readonly localPort?: unknown
  readonly remoteAddress?: unknown
  readonly remotePort?: unknown
  readonly listening?: unknown
  readonly bind?: unknown
  readonly constructor?: { readonly name?: unknown }
  address?: () => unknown
}

/** How many resources of one kind are told one by one. */
const longestList = 5

/** The kinds that have an object behind each, which can tell more; as Node calls them. */
const handleKinds: ReadonlySet<string> = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'TTYWrap',
  'UDPWrap',
  'ProcessWrap',
  'FSEventWrap',
  'StatWatcher',
])

/** How the kinds are called, one of it and several: by what Node calls them, or the class of the object behind. */
const texts: ReadonlyMap<string, Group['text']> = new Map([
  ['Timeout', ['timer', 'timers']],
  ['Immediate', ['immediate', 'immediates']],
  ['FSReqCallback', ['file operation', 'file operations']],
  ['FSReqPromise', ['file operation', 'file operations']],
  ['GetAddrInfoReqWrap', ['DNS lookup', 'DNS lookups']],
  ['TCPConnectWrap', ['connection attempt', 'connection attempts']],
  ['TCPSocketWrap', ['TCP socket', 'TCP sockets']],
  ['TCPServerWrap', ['server', 'servers']],
  ['PipeWrap', ['pipe', 'pipes']],
  ['TTYWrap', ['terminal', 'terminals']],
  ['ReadStream', ['terminal', 'terminals']],
  ['UDPWrap', ['UDP socket', 'UDP sockets']],
  ['ProcessWrap', ['child process', 'child processes']],
  ['FSWatcher', ['file watcher', 'file watchers']],
  ['FSEventWrap', ['file watcher', 'file watchers']],
  ['StatWatcher', ['file watcher', 'file watchers']],
])

interface Group {
  readonly text: readonly [one: string, several: string]
  count: number
  /** Which they are, as far as that can be told. */
  readonly details: string[]
}

/**
 * Says what keeps the event loop alive: `2 timers, 1 TCP socket (port 40696 to 127.0.0.1:5432)`. It is an empty string where there is
 * nothing that Node can name: of worker threads it has no list.
 *
 * @param kinds - What `process.getActiveResourcesInfo()` returned.
 * @param handles - The objects behind the handles among them, where they are known.
 */
export function describeResources(kinds: readonly string[], handles: readonly unknown[] | undefined): string {
  const groups = new Map<string, Group>()
  // A terminal is there for every output that was printed to: without its object, it cannot be told from one that is read.
  const told = handles === undefined ? new Set(['TTYWrap']) : handleKinds
  for (const kind of kinds) if (!told.has(kind)) add(groups, kind, undefined)
  for (const handle of handles ?? []) add(groups, ...describeHandle(handle as Handle))
  return [...groups.values()].map(groupText).join(', ')
}

function add(groups: Map<string, Group>, kind: string, detail: string | undefined): void {
  const text = texts.get(kind) ?? [kind, kind]
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

/** The kind of a handle, and which one it is. */
function describeHandle(handle: Handle): [kind: string, detail: string | undefined] {
  const { pid, spawnfile, listening, localPort, remoteAddress, remotePort, bind } = handle
  if (typeof pid === 'number') return ['ProcessWrap', `${String(spawnfile)}, pid ${pid}`]
  if (typeof listening === 'boolean') return ['TCPServerWrap', placeOf(handle)]
  if (typeof remoteAddress === 'string') {
    return ['TCPSocketWrap', `port ${String(localPort)} to ${endpoint(remoteAddress, remotePort)}`]
  }
  if (typeof bind === 'function') return ['UDPWrap', placeOf(handle)]
  const name = handle.constructor?.name
  // A socket of another kind is one end of a pipe.
  return [typeof name === 'string' && name !== 'Socket' ? name : 'PipeWrap', undefined]
}

/** Where a server or socket is bound; `undefined` where it is not. */
function placeOf(handle: Handle): string | undefined {
  const address = handle.address?.() as string | { readonly address: string; readonly port: number } | null
  if (typeof address === 'string') return `on ${address}`
  return address ? `on ${endpoint(address.address, address.port)}` : undefined
}

function endpoint(address: string, port: unknown): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`
}
