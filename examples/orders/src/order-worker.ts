import { EventEmitter } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { type Hook, type StopContext, TaskTracker } from '@lastcall/core'
import type { Order, Orders } from './orders.ts'

/** How long it waits where there is nothing to do, in ms. */
const idlePause = 100

/** Does one open order after the other, and emits `done` with each. */
export class OrderWorker extends EventEmitter<{ done: [order: Order] }> implements Hook {
  readonly name = 'worker'
  readonly #orders: Orders
  readonly #orderTime: number
  readonly #tasks = new TaskTracker('worker')
  readonly #stopping = new AbortController()
  #current: Order | undefined
  #count = 0

  /** @param orderTime - How long an order takes, in ms. */
  constructor(orders: Orders, orderTime: number) {
    super()
    this.#orders = orders
    this.#orderTime = orderTime
    // Every stream listens.
    this.setMaxListeners(0)
  }

  start(): void {
    // Nobody waits for it: when it fails, that is an unhandled rejection, by which `run` stops everything and exits with 1.
    void this.#tasks.run(() => this.#work(this.#stopping.signal))
  }

  /** Finishes the order it is at, and takes no more: the others are there when it starts again. */
  async stop(context: StopContext): Promise<string> {
    this.#stopping.abort()
    await this.#tasks.stop(context)
    const left = this.#current ? `, ${this.waitingFor()} not finished` : ''
    return `${this.#count} ${this.#count === 1 ? 'order' : 'orders'} done${left}`
  }

  waitingFor(): string | undefined {
    return this.#current && `order ${this.#current.id}`
  }

  async #work(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      this.#current = await this.#orders.claim()
      if (this.#current) await this.#do(this.#current)
      else await setTimeout(idlePause, undefined, { signal: stopping }).catch(() => {})
    }
  }

  async #do(order: Order): Promise<void> {
    await this.#orders.deliver(order)
    await setTimeout(this.#orderTime)
    const done = await this.#orders.finish(order)
    this.#current = undefined
    this.#count += 1
    this.emit('done', done)
  }
}
