import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { StartError } from '../src/errors.ts'
import { errorLine, errorText, isError, maskCredentials, printableLines, reasonText, valueText } from '../src/format.ts'
import { errorJson, valueJson } from '../src/json.ts'
import { safeError } from '../src/safe-error.ts'

const secret = 'tr0ub4dor'

/** An error as a client throws it, with its configuration. */
function clientError(message: string, options?: ErrorOptions): Error {
  const config = { auth: { username: 'app', password: secret }, headers: { authorization: `Bearer ${secret}` } }
  return Object.assign(new Error(message, options), { config, code: 'ECLIENT', request: { config } })
}

function throwing(): object {
  return new Proxy(new Error('no'), {
    get: () => {
      throw new Error('do not ask')
    },
  })
}

describe('the text of what was thrown', () => {
  test('is the stack of an error, and none of its other properties', () => {
    const text = errorText(clientError('connect failed'))
    expect(text).toMatch(
      /^Error \[ECLIENT\]: connect failed\n {4}at clientError \(.*format\.test\.ts:\d+:\d+\)\n {4}at /,
    )
    expect(text).not.toContain(secret)
  })

  test('has the causes and the members of an error, each with its stack', () => {
    const cause = clientError('no route', { cause: new TypeError('a bad address') })
    const members = [clientError('one'), clientError('two')]
    const text = errorText(new AggregateError(members, 'all failed', { cause }))
    expect(text).toMatch(
      /^AggregateError: all failed\n +at [^]*\n {2}cause: Error \[ECLIENT\]: no route\n {6}at [^]*\n {4}cause: TypeError: a bad address\n {8}at /,
    )
    expect(text).toMatch(/\n {2}error 1 of 2: Error \[ECLIENT\]: one\n[^]*\n {2}error 2 of 2: Error \[ECLIENT\]: two\n/)
    expect(text).not.toContain(secret)
  })

  test('ends where errors are their own causes, or have very many', () => {
    const circular = new Error('a')
    circular.cause = new Error('b', { cause: circular })
    expect(errorText(circular).match(/cause:/g)).toHaveLength(1)
    let deep = new Error('0')
    for (let depth = 1; depth < 100; depth += 1) deep = new Error(String(depth), { cause: deep })
    expect(errorText(deep).match(/cause:/g)?.length).toBeLessThan(20)
    const many = new AggregateError(Array.from({ length: 100 }, (_, index) => new Error(`member ${index}`)))
    expect(errorText(many).match(/error \d+ of 100:/g)).toHaveLength(10)
  })

  test.each<[unknown, string]>([
    ['no', 'string: no'],
    ['', 'string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, '42'],
    [Symbol(secret), 'symbol'],
    [() => secret, 'function'],
    [{ password: secret }, 'Object'],
    [{ message: 'refused', password: secret }, 'Object: refused'],
    [Object.assign(Object.create(null), { password: secret }), 'object'],
    [[secret], 'Array'],
    [throwing(), '(a value that cannot be printed)'],
    [runInNewContext('null'), 'null'],
  ])('is the type and the message of what is no error: %#', (thrown, text) => {
    expect(errorText(thrown)).toBe(text)
    expect(errorLine(thrown)).toBe(text)
  })

  test('is there for an error whose stack, name or message an application has replaced', () => {
    const error = new Error('no')
    Object.assign(error, { stack: [secret], name: 7, message: 8 })
    expect(errorText(error)).toBe('Error')
    expect(errorText(runInNewContext("new TypeError('elsewhere')"))).toMatch(/^TypeError: elsewhere\n +at /)
    expect(isError(runInNewContext('new Error()'))).toBe(true)
  })

  test('masks the credentials of a URL', () => {
    const error = new Error(`cannot connect to postgres://app:${secret}@db:5432/orders?x=1`)
    expect(errorText(error)).toContain('postgres://***@db:5432/orders?x=1')
    expect(errorText(error)).not.toContain(secret)
    expect(maskCredentials(`redis://${secret}@cache, a@b.c, http://a/@x`)).toBe('redis://***@cache, a@b.c, http://a/@x')
  })

  test('on one line is the message, with the name of a class of its own', () => {
    expect(errorLine(new Error('first\nsecond'))).toBe('first')
    expect(errorLine(new RangeError('no'))).toBe('RangeError: no')
    expect(errorLine(Object.assign(new Error(), { code: 'ECLIENT' }))).toBe('Error [ECLIENT]')
    const addresses = Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')]), { code: 'ECLIENT' })
    expect(errorLine(addresses)).toBe('AggregateError [ECLIENT]: ::1, 127.0.0.1')
  })

  test('of a reason is one line', () => {
    expect(reasonText('SIGTERM\nand more')).toBe('SIGTERM')
    expect(reasonText(new TypeError('no\nline 2'))).toBe('TypeError: no')
    expect(reasonText({ password: secret })).toBe('Object')
    expect(reasonText(throwing())).toBe('(a value that cannot be printed)')
  })

  test('keeps its lines, and none of its control characters', () => {
    expect(printableLines('a\u001B[31m\n\tb\r')).toBe('a?[31m\n  b?')
  })
})

function fail(): never {
  throw new Error('no')
}

describe('a value as plain data', () => {
  test('is a string, or what its class has a `toJSON` or `toString` for', () => {
    expect(valueJson('done')).toBe('done')
    expect(valueJson({ toJSON: () => ({ jobs: 2 }) })).toEqual({ jobs: 2 })
    expect(valueJson({ toString: () => '2 jobs' })).toBe('2 jobs')
    expect(valueJson(new URL(`https://app:${secret}@host/`))).toBe('https://***@host/')
  })

  test.each([{ password: secret }, [secret], Buffer.from(secret), clientError('no'), 7, null, undefined, () => secret])(
    'is nothing of another value: %#',
    (value) => {
      expect(valueJson(value)).toBeUndefined()
      expect(valueText(value)).toBeUndefined()
    },
  )

  test('is nothing where its class fails', () => {
    expect(valueJson({ toJSON: fail })).toBeUndefined()
    expect(valueJson({ toJSON: fail, toString: () => 'a text' })).toBe('a text')
  })
})

describe('an error as plain data', () => {
  test('has its name, code, message, stack, cause and members, and nothing else', () => {
    const cause = clientError('no route')
    const json = errorJson(new AggregateError([clientError('one'), 'two'], 'all', { cause }))
    expect(json).toEqual({
      name: 'AggregateError',
      message: 'all',
      stack: expect.stringMatching(/^AggregateError: all\n/),
      cause: { name: 'Error', code: 'ECLIENT', message: 'no route', stack: expect.any(String) },
      errors: [
        { name: 'Error', code: 'ECLIENT', message: 'one', stack: expect.any(String) },
        { name: 'string', message: 'string: two' },
      ],
    })
    expect(JSON.stringify(json)).not.toContain(secret)
  })

  test('is there for any value', () => {
    expect(errorJson(throwing())).toEqual({ name: 'Error', message: '(a value that cannot be printed)' })
    const odd = Object.assign(new Error('no'), { name: 7, message: 8, stack: 9 })
    expect(errorJson(odd)).toEqual({ name: 'Error', message: '' })
    const circular = new Error('a')
    circular.cause = circular
    expect(JSON.stringify(errorJson(circular)).match(/"cause"/g)).toHaveLength(5)
  })
})

describe('a copy of an error', () => {
  test('has its class, name, message, stack, code, cause and members, and nothing else', () => {
    class ClientError extends Error {
      override readonly name = 'ClientError'
      readonly code = 'ECLIENT'
      readonly config = { password: secret }
    }
    const cause = new ClientError('no route')
    const error = new AggregateError([new ClientError('one'), 'two'], 'all', { cause })
    const copy = safeError(error) as AggregateError
    expect(copy).toBeInstanceOf(AggregateError)
    expect(copy).toMatchObject({
      message: 'all',
      stack: error.stack,
      errors: [{ code: 'ECLIENT', message: 'one' }, 'two'],
    })
    expect(copy.cause).toBeInstanceOf(ClientError)
    expect(copy.cause).toMatchObject({ name: 'ClientError', code: 'ECLIENT', message: 'no route', stack: cause.stack })
    expect(inspect(copy, { depth: 9 })).not.toContain(secret)
    expect(inspect(copy, { depth: 9 })).toMatch(/\[cause\]: ClientError: no route\n/)
  })

  test('keeps the report of a failed start, and what is no error', () => {
    const error = new StartError('database', clientError('no route'), undefined)
    const copy = safeError(error) as StartError
    expect(copy).toBeInstanceOf(StartError)
    expect([copy.message, copy.hook, copy.report]).toEqual([error.message, 'database', undefined])
    expect(inspect(copy)).not.toContain(secret)
    expect(safeError('no')).toBe('no')
  })

  test('ends where errors are their own causes', () => {
    const circular = new Error('a')
    circular.cause = circular
    let depth = 0
    for (let copy = safeError(circular); copy instanceof Error; copy = copy.cause) depth += 1
    expect(depth).toBe(6)
  })
})
