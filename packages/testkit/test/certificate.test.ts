import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { certificate } from '../src/index.ts'

test('the certificate is for loopback, signed by the key beside it, and valid for long', () => {
  const parsed = new X509Certificate(certificate.cert)

  expect(parsed.checkHost('localhost')).toBe('localhost')
  expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(parsed.checkPrivateKey(createPrivateKey(certificate.key))).toBe(true)
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(new Date(parsed.validTo).getFullYear() - new Date(parsed.validFrom).getFullYear()).toBe(100)
})
