import type { Mode } from './haproxy-configuration.ts'
import { totalFailed, totalRequests } from './tally.ts'
import type { Observation } from './trial.ts'

/** What HAProxy counts of a backend that is at fault, and what that is. */
const counters: Readonly<Record<string, string>> = {
  wretr: 'tried again by HAProxy',
  wredis: 'sent elsewhere by HAProxy',
  econ: 'connections refused by a replica',
  eresp: 'answers of a replica missing or cut',
  srv_abrt: 'aborted by a replica',
  hrsp_5xx: 'answers 5xx',
}

/** Names what is wrong, were it one request: nothing when all were answered whole, and every replica exited with 0. */
export function faultsOf({ tally, endings, statistics }: Observation, mode: Mode): string[] {
  const counts: Record<string, number> = {
    'requests failed': totalFailed(tally),
    'replicas ended otherwise than with exit code 0': endings.filter(({ code }) => code !== '0').length,
  }
  for (const [field, name] of Object.entries(counters)) counts[name] = statistics.backend(field)
  // Over TCP, HAProxy knows nothing of requests.
  if (mode === 'http') {
    counts['requests more at HAProxy than the clients made'] = statistics.requests - totalRequests(tally)
    counts['requests without an answer by HAProxy'] = statistics.unanswered
  }
  return Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]))
}
