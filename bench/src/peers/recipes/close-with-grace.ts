// It closes what it is told to close: here a server of node:http, by `server.close()`.
import { promisify } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  closeWithGrace({ delay: application.limit }, async ({ err }) => {
    if (err) console.error(err)
    await promisify(server.close.bind(server))()
    await application.closeDatabase()
  })
  return listen(server)
}
