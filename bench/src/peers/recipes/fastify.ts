// The routes are answered on the bare request and response, as a handler that takes a reply over does it.
import { fastify } from 'fastify'
import type { Recipe } from '../recipe.ts'

export const recipe: Recipe = async (application) => {
  const app = fastify({ serverFactory: (handler) => application.createServer(handler) })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.all('/*', (request, reply) => {
    reply.hijack()
    application.listener(request.raw, reply.raw)
  })
  app.addHook('onClose', application.closeDatabase)
  process.on('SIGTERM', () => void app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
