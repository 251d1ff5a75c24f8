// A program in CommonJS, in the syntax that needs no `esModuleInterop`.
import core = require('@lastcall/core')
import express = require('@lastcall/express')
import http = require('@lastcall/http')
import koa = require('@lastcall/koa')

const lifecycle: core.Lifecycle = new core.Lifecycle()
const tracker: core.TaskTracker = lifecycle.register(new core.TaskTracker('tasks'))
export = { lifecycle, tracker, adapters: [express.expressAdapter, http.serverAdapter, koa.koaAdapter] }
