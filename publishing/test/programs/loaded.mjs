// Prints the built-in modules that @lastcall/http loads besides node:http.
// usage: loaded.mjs import|require
import { createRequire } from 'node:module'

/** @type {() => readonly string[]} */
const loaded = () => /** @type {any} */ (process).moduleLoadList
await import('node:http')
const before = new Set(loaded())
const required = process.argv[2] === 'require' && createRequire(import.meta.url)('@lastcall/http')
if (!required) await import('@lastcall/http')
process.stdout.write(JSON.stringify(loaded().filter((name) => !before.has(name))))
