import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { casesOf, logCase, readCaseLog } from '../src/case-log.ts'

test('a case that took its process down has begun, and not ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'case-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log.jsonl')
  logCase(file, { runtime: 'bun', state: 'begun' })
  logCase(file, { name: 'first', state: 'begun' })
  logCase(file, { name: 'first', state: 'failed', error: 'oh' })
  logCase(file, { name: 'second', state: 'begun' })
  appendFileSync(file, '{"name":"seco')
  expect([...casesOf(readCaseLog(file)).values()]).toEqual([
    { name: 'first', state: 'failed', error: 'oh' },
    { name: 'second', state: 'begun' },
  ])
})
