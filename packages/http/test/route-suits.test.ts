import { expect, test } from 'vitest'
import { routeSuits } from '../src/index.ts'

test.each<[string | RegExp, string]>([
  ['/', '/'],
  ['/orders', '/orders'],
  ['/orders', '/orders/'],
  ['/Orders', '/orders'],
  ['/orders/:id', '/orders/7'],
  ['/orders/:id/items', '/orders/7/items'],
  ['/files/*path', '/files/a/b'],
  ['/files/*path', '/files'],
  ['/shop/orders{/:id}', '/shop/orders/7'],
  ['/:first/*rest', '/a/b/c'],
  [/^\/orders\/\d+$/, '/orders/7'],
])('%s suits %s', (route, path) => {
  expect(routeSuits(route, path)).toBe(true)
})

test.each<[string | RegExp, string]>([
  ['/orders', '/'],
  ['/orders', '/orders/7'],
  ['/orders/:id', '/orders'],
  ['/orders/:id', '/users/7'],
  ['/orders/:id/items', '/orders/7/lines'],
  ['/files/*path', '/orders/7'],
  ['/files/x/*path', '/files'],
  ['*', '/orders'],
  ['/*path', '/orders'],
  ['/(.*)', '/orders'],
  [/^\/orders\/\d+$/, '/orders/x'],
])('%s does not suit %s', (route, path) => {
  expect(routeSuits(route, path)).toBe(false)
})

test('leaves the place at which a RegExp goes on as it is', () => {
  const route = /\/orders/g
  route.lastIndex = 3
  expect(routeSuits(route, '/orders')).toBe(true)
  expect(route.lastIndex).toBe(3)
})
