import type { Statement } from './numbers.ts'

const timeout = 'core/src/lifecycle.ts#defaultTimeout'
const startTimeout = 'core/src/lifecycle.ts#defaultStartTimeout'
const checkTimeout = 'core/src/lifecycle.ts#defaultCheckTimeout'
const exitTimeout = 'core/src/run.ts#defaultExitTimeout'
const duplicateWindow = 'core/src/stop-signals.ts#duplicateWindow'
const abortGrace = 'core/src/budget.ts#maxAbortGrace'
const closeIdleAfter = 'http/src/server-adapter.ts#defaultCloseIdleAfter'
const closeSilentAfter = 'http/src/server-adapter.ts#defaultCloseSilentAfter'
const cache = 'http/src/probes/probe-responder.ts#defaultCache'

const semantics: readonly Omit<Statement, 'page'>[] = [
  { pattern: /timeout: ([\d_]+) \}\)` is the time of a whole stop/, unit: 1, constant: timeout },
  { pattern: /\((\d+) s is the default because/, unit: 1_000, constant: timeout },
  { pattern: /`startTimeout`, (\d+) s/, unit: 1_000, constant: startTimeout },
  { pattern: /min\((\d+) s, timeout ÷ 2n\)/, unit: 1_000, constant: 'core/src/budget.ts#highestFloor' },
  { pattern: /min\((\d+) ms, \d+ % of the timeout\)/, unit: 1, constant: abortGrace },
  { pattern: /ms, (\d+) % of the timeout\)/, unit: 0.01, constant: 'core/src/budget.ts#abortGraceShare' },
  { pattern: /its `timeout` and (\d+) ms at most/, unit: 1, constant: abortGrace },
  { pattern: /signal within (\d+) ms of its first delivery/, unit: 1, constant: duplicateWindow },
  { pattern: /`exitTimeout` \((\d+) s\)/, unit: 1_000, constant: exitTimeout },
]

const http: readonly Omit<Statement, 'page'>[] = [
  { pattern: /`closeIdleAfter` \((\d+) ms\)/, unit: 1, constant: closeIdleAfter },
  { pattern: /`closeSilentAfter` \((\d+) ms\)/, unit: 1, constant: closeSilentAfter },
  { pattern: /not answered after (\d+) s/, unit: 1_000, constant: 'http/src/drain/web-sockets.ts#maxAnswerTime' },
  { pattern: /names\s+the\s+first\s+(\d+)/, unit: 1, constant: 'http/src/drain/request-ledger.ts#longestList' },
  { pattern: /`cache` +\| ([\d,]+)/, unit: 1, constant: cache },
  { pattern: /`timeout` +\| ([\d,]+)/, unit: 1, constant: checkTimeout },
  { pattern: /at once, (\d+) ms each/, unit: 1, constant: checkTimeout },
  { pattern: /closed within (\d+) ms/, unit: 1, constant: 'http/src/probes/probe-server.ts#farewell' },
]

const platforms: readonly Omit<Statement, 'page'>[] = [
  { pattern: /exitTimeout +(\d+) s/, unit: 1_000, constant: exitTimeout },
  { pattern: /grace period \((\d+) ms\)/, unit: 1, constant: abortGrace },
  { pattern: /default `timeout` of (\d+) s/, unit: 1_000, constant: timeout },
  { pattern: /(\d+) s of exitTimeout/, unit: 1_000, constant: exitTimeout },
  { pattern: /listen_timeout: ([\d_]+), \/\/ the startTimeout/, unit: 1, constant: startTimeout },
]

const adapters: readonly Omit<Statement, 'page'>[] = [
  { pattern: /grace period, (\d+) ms at most/, unit: 1, constant: abortGrace },
]

const readme: readonly Omit<Statement, 'page'>[] = [
  { pattern: /`timeout` \((\d+) s unless you say otherwise\)/, unit: 1_000, constant: timeout },
  { pattern: /has been idle for (\d+) ms/, unit: 1, constant: closeIdleAfter },
  { pattern: /once it is (\d+) ms old/, unit: 1, constant: closeSilentAfter },
  { pattern: /grace period of at most (\d+) ms/, unit: 1, constant: abortGrace },
  { pattern: /open after (\d+) s, the log says/, unit: 1_000, constant: exitTimeout },
  { pattern: /signal within (\d+) ms is/, unit: 1, constant: duplicateWindow },
  { pattern: /`exitTimeout` +\| ([\d,]+)/, unit: 1, constant: exitTimeout },
  { pattern: /not answered after (\d+) s/, unit: 1_000, constant: 'http/src/drain/web-sockets.ts#maxAnswerTime' },
  { pattern: /`closeIdleAfter` +\| ([\d,]+)/, unit: 1, constant: closeIdleAfter },
  { pattern: /`closeSilentAfter` +\| ([\d,]+)/, unit: 1, constant: closeSilentAfter },
  { pattern: /`stopDelay` +\| ([\d,]+)/, unit: 1, constant: 'http/src/server-adapter.ts#defaultStopDelay' },
]

const pages = {
  'docs/1-semantics.md': semantics,
  'docs/2-http.md': http,
  'docs/3-platforms.md': platforms,
  'docs/4-adapters.md': adapters,
  'README.md': readme,
}

/** The numbers that the pages state and the code holds. */
export const statements: readonly Statement[] = Object.entries(pages).flatMap(([page, stated]) =>
  stated.map((each) => ({ page, ...each })),
)
