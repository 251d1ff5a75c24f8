// A program in CommonJS: TypeScript knows from 5.8 on that Node.js can require an ES module.
import core = require('@lastcall/core')
import express = require('@lastcall/express')
import http = require('@lastcall/http')
import koa = require('@lastcall/koa')

const lifecycle: core.Lifecycle = new core.Lifecycle()
export = [lifecycle, express.expressAdapter, http.serverAdapter, koa.koaAdapter]
