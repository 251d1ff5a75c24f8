import { describe, expect, test } from 'vitest'
import { exitCallSite, exitCode, functionNames, isSuccess } from '../src/process-exit.ts'

const clean = { forcedBy: undefined, failed: false, clean: true, applicationCode: undefined }

describe('the exit code', () => {
  test.each([
    [{}, 0],
    [{ applicationCode: 3 }, 3],
    [{ applicationCode: null }, 0],
    [{ failed: true, applicationCode: 3 }, 1],
    [{ clean: false }, 1],
    [{ forcedBy: 2, clean: false, failed: true }, 130],
  ])('of %j is %i', (facts, code) => {
    expect(exitCode({ ...clean, ...facts })).toBe(code)
  })

  test('means success to the system where its last eight bits are 0', () => {
    expect([0, '0', 256, undefined, 1, '3'].map(isSuccess)).toEqual([true, true, true, true, false, false])
  })
})

function stack(...frames: string[]): string {
  return ['Error: exit', ...frames.map((frame) => `    at ${frame}`)].join('\n')
}

function shutdown(): void {}

describe('the place of a process.exit()', () => {
  const inside = ['#nameExit (run.js:1:1)', 'process.emit (node:events:1:2)', 'process.exit (node:internal/x:3:4)']

  test.each([
    [stack(...inside, 'shutdown (/app/db.js:12:5)', 'main (/app/main.js:1:1)'), '/app/db.js:12:5'],
    [stack(...inside, 'file:///app/my%20db.js:12:5'), '/app/my db.js:12:5'],
    [stack(...inside, 'async Promise.all (index 0)'), 'index 0'],
    [stack(...inside, 'file://host/db.js:12:5'), 'file://host/db.js:12:5'],
    [stack(...inside, 'process.exit (/app/wrap.js:3:4)', 'Object.<anonymous> (/app/a.js:9:1)'), '/app/a.js:9:1'],
    [stack(...inside), 'an unknown place'],
  ])('is that of its caller: %#', (text, place) => {
    expect(exitCallSite(text)).toBe(place)
  })

  test('is unknown where the process ends in another way, or an application makes its own stacks', () => {
    expect(exitCallSite(stack('process.emit (node:events:1:2)', 'a (/app/a.js:1:1)'))).toBeUndefined()
    expect(exitCallSite([{}])).toBeUndefined()
    expect(exitCallSite(undefined)).toBeUndefined()
  })
})

test('functions are named, the same name once', () => {
  expect(functionNames([shutdown, (() => () => {})(), shutdown, (() => () => {})()])).toBe(
    '2 × shutdown, 2 × anonymous',
  )
  expect(functionNames([shutdown])).toBe('shutdown')
})
