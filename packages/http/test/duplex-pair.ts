import { Duplex } from 'node:stream'

/** Two ends of a connection in memory: what is written to one is read from the other. */
export function duplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = []
  for (const other of [1, 0]) {
    ends.push(
      new Duplex({
        read: () => {},
        write: (chunk, _encoding, done) => {
          ends[other]?.push(chunk)
          done()
        },
        final: (done) => {
          ends[other]?.push(null)
          done()
        },
      }),
    )
  }
  return [ends[0]!, ends[1]!]
}
