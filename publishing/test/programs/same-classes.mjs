// Prints, for each package, how many exports are the same by import and by require, and the names of the others.
import { createRequire } from 'node:module'
import * as core from '@lastcall/core'
import * as express from '@lastcall/express'
import * as http from '@lastcall/http'
import * as koa from '@lastcall/koa'

const require = createRequire(import.meta.url)
const imported = { core, express, http, koa }
const differences = Object.entries(imported).map(([id, module]) => {
  /** @type {Readonly<Record<string, unknown>>} */
  const required = require(`@lastcall/${id}`)
  const names = new Set([...Object.keys(module), ...Object.keys(required)])
  const differing = [...names].filter((name) => Reflect.get(module, name) !== required[name])
  return [id, { shared: names.size - differing.length, differing }]
})
const reexported = express.draining === http.draining
process.stdout.write(JSON.stringify({ ...Object.fromEntries(differences), reexported }))
