// A test of a service, as Jest runs it without a configuration.
const { Lifecycle, run, TaskTracker } = require('@lastcall/core')
const { serve } = require('../serve.cjs')
const { servers } = require('../servers.cjs')

test('starts and stops', async () => {
  const calls = []
  const lifecycle = new Lifecycle({ timeout: 5_000 })
  lifecycle.register({ name: 'db', start: () => calls.push('start db'), stop: () => calls.push('stop db') })
  const tasks = lifecycle.register(new TaskTracker('tasks'))
  await lifecycle.start()
  const task = tasks.run(async () => calls.push('task'))
  const report = await lifecycle.stop({ reason: 'the test' })
  await task
  expect(calls).toEqual(['start db', 'task', 'stop db'])
  expect(report).toMatchObject({ ok: true, reason: 'the test', errors: [] })
})

test('runs, and leaves the process to Jest', async () => {
  const lifecycle = new Lifecycle({ timeout: 5_000 })
  lifecycle.on('state', ({ state }) => (state === 'running' ? lifecycle.stop() : undefined))
  lifecycle.register('db', () => 'closed')
  expect(await run(lifecycle, { exit: false })).toMatchObject({ ok: true, hooks: [{ detail: 'closed' }] })
})

test.each(Object.entries(servers))('answers the request in flight: %s', async (_name, create) => {
  expect(await serve(new Lifecycle({ timeout: 5_000 }), create)).toEqual({
    body: 'hi',
    ok: true,
    reason: 'the test',
    hooks: ['1 request finished, 0 cut'],
  })
})
