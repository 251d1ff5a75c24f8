import type { Ratios } from '../ratios.ts'
import type { Verdict } from '../matrix/case.ts'
import type { InstalledSize } from './installed-size.ts'
import type { Peer } from './peers.ts'

/** What was measured of one peer. Times are in ms; undefined where the process did not end. */
export interface PeerResults {
  readonly peer: Peer
  /** Against plain Node.js. */
  readonly processorTime: Ratios
  /** Against plain Node.js. */
  readonly rate: Ratios
  readonly timeToExit: number | undefined
  readonly stopWithIdle: number | undefined
  readonly timeToImport: number | undefined
  readonly installed: InstalledSize
  /** By the name of the case. */
  readonly verdicts: ReadonlyMap<string, Verdict>
}

/** What was measured in one run. */
export interface Results {
  readonly date: string
  readonly command: string
  readonly node: string
  readonly machine: string
  /** How far two services of plain Node.js differ in their processor time, of 1. */
  readonly noise: number
  readonly peers: readonly PeerResults[]
}
