/** Lets the event loop go round so often that what is under way inside this process arrives. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
}
