/** How long a stop may take, in ms: given to every peer that takes such a limit. */
export const stopLimit = 3_000
