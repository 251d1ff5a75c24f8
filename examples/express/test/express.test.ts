import { askOnce, exampleCases, startExample } from '@lastcall/testkit'
import { expect, test } from 'vitest'

const folder = new URL('../', import.meta.url)

exampleCases({ folder, stream: { path: '/events', begins: /data: hello\n\n/, ends: /data: goodbye\n\n/ } })

test('behind a load balancer takes new requests for as long as STOP_DELAY says, and is not ready meanwhile', async () => {
  const { program, port } = await startExample({ folder }, { HOST: '127.0.0.1', STOP_DELAY: '1500' })
  expect(program.output).toContain(`http: listening on http://127.0.0.1:${port}\n`)
  const sent = program.kill('SIGTERM')
  await program.prints(/shutting down: SIGTERM, up to 6\.5 s\n/)
  expect(await askOnce(port, '/readyz')).toMatch(/^HTTP\/1\.1 503 /)
  expect(await askOnce(port, '/orders/7')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*{"id":"7"}$/)
  const { code, at } = await program.exit
  expect(code).toBe(0)
  expect(at - sent).toBeGreaterThan(1_450)
  expect(program.output).toMatch(/stopped by SIGTERM in .* of 6\.5 s\n  http  ─+█+ .* 2 requests finished, 0 cut\n$/)
})
