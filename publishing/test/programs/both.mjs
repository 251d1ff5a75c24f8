// Imports what a CommonJS module of the same program requires: a bundler makes one class of them.
import { Lifecycle } from '@lastcall/core'
import required from './both.cjs'

process.stdout.write(JSON.stringify(required.Lifecycle === Lifecycle))
