// No peer: it goes on taking connections in, and cuts them.
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  process.on('SIGTERM', () => {
    server.on('connection', (socket) => socket.destroy())
    setTimeout(() => process.exit(), application.limit)
  })
  return listen(server)
}
