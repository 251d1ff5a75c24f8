import { setImmediate as turn } from 'node:timers/promises'

/** How long a turn of the event loop may take that says that no more connections wait, in ms: longer, and new ones may. */
const shortTurn = 1
/** How long to go on at most, in ms: new clients may come for ever. */
const longestIntake = 500

/**
 * Takes in the connections that the kernel has accepted: closing the listener resets those that are still in its queue. libuv
 * takes one a turn of the event loop (since 1.45), and each turn also reads what has arrived on the others. The listener is to be
 * closed in the same turn in which this ends.
 *
 * @param accepted - How many have been taken in so far.
 * @param isOver - Whether there is no more time for it.
 */
export async function takeIn(accepted: () => number, isOver: () => boolean): Promise<void> {
  const begin = performance.now()
  // A turn that has begun may have read already.
  await turn()
  for (let taking = true; taking && !isOver() && performance.now() - begin < longestIntake;) {
    const [before, turned] = [accepted(), performance.now()]
    await turn()
    taking = accepted() > before || performance.now() - turned >= shortTurn
  }
}
