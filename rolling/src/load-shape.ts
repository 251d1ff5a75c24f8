/** How many clients of each pool ask for something quick, and how many for what takes 1 s. */
export const quickClients = 12
export const slowClients = 2
/** How long a client waits after an answer, in ms. */
export const shortestPause = 5
export const longestPause = 15

const each = `${quickClients} ask again ${shortestPause}–${longestPause} ms after each answer, ${slowClients} for what takes 1 s`

/** What the replicas have to bear, in words. */
export const loadText: string = `${quickClients + slowClients} clients keep their connection, and ${quickClients + slowClients} open one for each request;
  of either, ${each}`
