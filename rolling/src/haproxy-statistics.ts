/** One line of HAProxy's statistics: a server, or all of a frontend or backend (management guide, 9.1, CSV format). */
export type HaproxyRow = Readonly<Record<string, string>>

const answerClasses = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other']

/** What HAProxy has counted. */
export class HaproxyStatistics {
  readonly #rows: readonly HaproxyRow[]

  /** @param csv - What HAProxy answers to `show stat`. */
  constructor(csv: string) {
    const [head = '', ...lines] = csv.trim().split('\n')
    const names = head.replace(/^# /, '').split(',')
    this.#rows = lines.map((line) => {
      const values = line.split(',')
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
    })
  }

  /** How many requests have come from the clients. */
  get requests(): number {
    return numberOf(this.#row('FRONTEND'), 'req_tot')
  }

  /** How many requests got no answer, not even one that HAProxy made. */
  get unanswered(): number {
    return answerClasses.reduce((rest, field) => rest - this.backend(field), this.requests)
  }

  /** A number of the backend as a whole, by HAProxy's name for it: `wretr`. */
  backend(field: string): number {
    return numberOf(this.#row('BACKEND'), field)
  }

  /** Whether a server passes its health checks, by its own answer, and not because none has been asked yet. */
  isUp(server: string): boolean {
    const { status, check_status: check } = this.#row(server)
    return status === 'UP' && check === 'L7OK'
  }

  /** A number of each server, added up. */
  servers(field: string): number {
    const servers = this.#rows.filter(({ svname = '' }) => !['FRONTEND', 'BACKEND'].includes(svname))
    return servers.reduce((total, row) => total + numberOf(row, field), 0)
  }

  /** How each server is, for a person to read. */
  get states(): string {
    return this.#rows
      .filter(({ svname = '' }) => !['FRONTEND', 'BACKEND'].includes(svname))
      .map(({ svname, status, check_status: check, check_code: code }) => `${svname} ${status} ${check} ${code}`)
      .join('\n')
  }

  #row(name: string): HaproxyRow {
    const row = this.#rows.find(({ svname }) => svname === name)
    if (row === undefined) throw new Error(`Expected HAProxy to have statistics of ${name}, got none`)
    return row
  }
}

function numberOf(row: HaproxyRow, field: string): number {
  const text = row[field]
  if (text === undefined) throw new Error(`Expected HAProxy to count ${field}, got ${Object.keys(row).join(', ')}`)
  return Number(text)
}
