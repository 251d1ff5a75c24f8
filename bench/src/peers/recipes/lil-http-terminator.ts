// `process.exit(0)` is of its README.
import HttpTerminator from 'lil-http-terminator'
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  const server = application.createServer()
  const { limit } = application
  const httpTerminator = HttpTerminator({ server, gracefulTerminationTimeout: limit, maxWaitTimeout: limit })
  process.on('SIGTERM', async () => {
    await httpTerminator.terminate()
    await application.closeDatabase()
    process.exit(0)
  })
  return listen(server)
}
