import { formatLimit } from '@lastcall/core'
import pTimeout from 'p-timeout'

/**
 * Waits for something, but not longer than so many ms.
 *
 * @param event - What is waited for: `replica 1 to exit`.
 * @param seen - What there is to see when it does not happen.
 */
export function within<Value>(
  limit: number,
  event: string,
  promise: Promise<Value>,
  seen: () => string,
): Promise<Value> {
  const fail = (): never => {
    throw new Error(`Expected ${event} within ${formatLimit(limit)}, got:\n${seen()}`)
  }
  return pTimeout(promise, { milliseconds: limit, fallback: fail })
}
