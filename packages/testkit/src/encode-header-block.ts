/** Names in the static table (RFC 7541, appendix A). */
const nameIndex = { ':authority': 1, ':method': 2, ':path': 4, ':scheme': 6 } as const

/** Whole entries of the static table. */
const entryIndex = { ':method GET': 2, ':method POST': 3, ':path /': 4, ':scheme http': 6, ':scheme https': 7 } as const

/** The header block of a request, made of entries of the static table and of literals that no table remembers. */
export function encodeHeaderBlock(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(headers).map(([name, value]) => encodeField(name, value)))
}

function encodeField(name: string, value: string): Buffer {
  const entry = `${name} ${value}`
  if (isKeyOf(entryIndex, entry)) return encodeInteger(0x80, 7, entryIndex[entry])
  if (isKeyOf(nameIndex, name)) return Buffer.concat([encodeInteger(0, 4, nameIndex[name]), encodeText(value)])
  return Buffer.concat([encodeInteger(0, 4, 0), encodeText(name), encodeText(value)])
}

function isKeyOf<Table extends object>(table: Table, key: PropertyKey): key is keyof Table {
  return Object.hasOwn(table, key)
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([encodeInteger(0, 7, bytes.length), bytes])
}

/** An integer behind a pattern of bits (RFC 7541, section 5.1). */
function encodeInteger(pattern: number, prefixBits: number, value: number): Buffer {
  const limit = 2 ** prefixBits - 1
  if (value < limit) return Buffer.from([pattern | value])
  const bytes = [pattern | limit]
  let rest = value - limit
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
