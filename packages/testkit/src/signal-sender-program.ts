// Sends signals microseconds apart, from a process of its own that does nothing else: see `startSignalSender`.
import type { SignalsSent, SignalVolley } from './signal-volley.ts'

const nanosecondsPerMicrosecond = 1_000
/** How many volleys it sends to itself before it is ready: by then its code is compiled. */
const warmUp = 5_000

function send({ pid, signals, gap }: SignalVolley): SignalsSent {
  const gaps: number[] = []
  let previous: bigint | undefined
  for (const [count, signal] of signals.entries()) {
    if (previous !== undefined) waitUntil(previous + BigInt(Math.round(gap * nanosecondsPerMicrosecond)))
    if (!reaches(pid, signal)) return { count, gaps }
    const at = process.hrtime.bigint()
    if (previous !== undefined) gaps.push(Number(at - previous) / nanosecondsPerMicrosecond)
    previous = at
  }
  return { count: signals.length, gaps }
}

/** Does nothing but look at the clock: a timer could not be that exact. */
function waitUntil(instant: bigint): void {
  while (process.hrtime.bigint() < instant);
}

/** Returns whether there was a process to send the signal to. */
function reaches(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

// To a process that is not suspended, SIGCONT does nothing.
for (let index = 0; index < warmUp; index += 1) send({ pid: process.pid, signals: ['SIGCONT', 'SIGCONT'], gap: 1 })
process.on('message', (volley: SignalVolley) => process.send?.(send(volley)))
process.send?.('ready')
