// Whoever requires a package and whoever imports it have the same copy: there is one Lifecycle.
import { createRequire } from 'node:module'
import { Lifecycle } from '@lastcall/core'
import { draining } from '@lastcall/express'
import { draining as drainingOfHttp } from '@lastcall/http'

const required = createRequire(import.meta.url)('@lastcall/core')
process.stdout.write(JSON.stringify([required.Lifecycle === Lifecycle, draining === drainingOfHttp]))
