// The clients, in a process of their own: see `Load`.
import { setTimeout } from 'node:timers/promises'
import { Client, type Question } from './client.ts'
import { longestPause, quickClients, shortestPause, slowClients } from './load-shape.ts'
import { emptyTally, poolNames, totalRequests } from './tally.ts'

/** After how many requests the load is under way: by then its code is compiled. */
const warmUp = 500

const [port] = process.argv.slice(2)
const tally = emptyTally()
const over = new AbortController()

async function keepAsking(client: Client, next: () => Question): Promise<void> {
  while (!over.signal.aborted) {
    await client.ask(next())
    await setTimeout(shortestPause + Math.random() * (longestPause - shortestPause))
  }
}

let orders = 0
/** Each order has another number, so that nobody can be given the answer of somebody else. */
function nextOrder(): Question {
  orders += 1
  return { path: `/orders/${orders}`, answer: JSON.stringify({ id: String(orders) }) }
}

function nextSlow(): Question {
  return { path: '/slow', answer: 'Hello world!\n' }
}

const clients = poolNames.flatMap((name) =>
  Array.from({ length: quickClients + slowClients }, (_, index) =>
    keepAsking(new Client(Number(port), name, tally[name]), index < quickClients ? nextOrder : nextSlow),
  ),
)
process.once('disconnect', () => process.exit())
process.on('message', async (message) => {
  if (message === 'end') {
    over.abort()
    await Promise.all(clients)
  }
  process.send?.(tally)
})
while (totalRequests(tally) < warmUp) await setTimeout(shortestPause)
process.send?.(tally)
