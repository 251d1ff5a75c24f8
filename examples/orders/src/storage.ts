/** A database that speaks PostgreSQL's SQL. */
export interface Storage {
  /** Opens it, and resolves to what it is. */
  open(): Promise<string>
  /** Runs one statement, which is committed when this resolves, and resolves to its rows. */
  query<Row extends object>(statement: string, values?: readonly unknown[]): Promise<Row[]>
  /** Waits for what is running, and closes it; also one that could not be opened. */
  close(): Promise<void>
}
