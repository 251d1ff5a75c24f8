const events = require('node:events')

/**
 * Starts a server, stops it while a request is in flight, and returns what came of both.
 *
 * @param {import('@lastcall/core').Lifecycle} lifecycle
 * @param {(answer: (draining: AbortSignal) => Promise<string>) => import('@lastcall/http').ServerAdapter} create
 */
exports.serve = async (lifecycle, create) => {
  const arrival = new AbortController()
  const adapter = create(async (draining) => {
    arrival.abort()
    await events.once(draining, 'abort')
    return 'hi'
  })
  lifecycle.register(adapter)
  await lifecycle.start()
  const address = adapter.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('Expected a server that listens')
  const [body, report] = await Promise.all([
    fetch(`http://127.0.0.1:${address.port}/`).then((response) => response.text()),
    events.once(arrival.signal, 'abort').then(() => lifecycle.stop({ reason: 'the test' })),
  ])
  return { body, ok: report.ok, reason: report.reason, hooks: report.hooks.map(({ detail }) => String(detail)) }
}
