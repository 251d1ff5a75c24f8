/** @param {AbortSignal} signal */
const aborted = async (signal) => {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

/**
 * Starts a server, stops it while a request is in flight, and returns the response and the report. It requires nothing, so that it can
 * be part of an ES module bundle.
 *
 * @param {import('@lastcall/core').Lifecycle} lifecycle
 * @param {(answer: (draining: AbortSignal) => Promise<string>) => import('@lastcall/http').ServerAdapter} create
 */
exports.serve = async (lifecycle, create) => {
  const arrival = new AbortController()
  const adapter = create(async (draining) => {
    arrival.abort()
    await aborted(draining)
    return 'hi'
  })
  lifecycle.register(adapter)
  await lifecycle.start()
  const address = adapter.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.')
  const [body, report] = await Promise.all([
    fetch(`http://127.0.0.1:${address.port}/`).then((response) => response.text()),
    aborted(arrival.signal).then(() => lifecycle.stop({ reason: 'the test' })),
  ])
  return { body, ok: report.ok, reason: report.reason, hooks: report.hooks.map(({ detail }) => String(detail)) }
}
