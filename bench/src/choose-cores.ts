import { spawnSync } from 'node:child_process'

/** The core of all servers and the core of all clients; undefined for any. */
export interface Cores {
  readonly server?: number | undefined
  readonly client?: number | undefined
}

/** Chooses two cores among those that this process may use, where there is `taskset` (util-linux) and there are two. */
export function chooseCores(): Cores {
  const { status, stdout } = spawnSync('taskset', ['--cpu-list', '--pid', String(process.pid)], { encoding: 'utf8' })
  if (status !== 0) return {}
  const list = stdout.slice(stdout.lastIndexOf(':') + 1).trim()
  const [client, server] = list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  return server === undefined ? {} : { client, server }
}
