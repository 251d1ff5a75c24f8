export { Changes } from './changes.ts'
export { freePort } from './free-port.ts'
export { type Exit, Program, startProgram } from './program.ts'
export { connectRaw, type RawClient } from './raw-client.ts'
