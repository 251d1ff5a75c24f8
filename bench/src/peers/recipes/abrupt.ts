// No peer: it loses everything.
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  process.on('SIGTERM', () => process.exit())
  return listen(application.createServer())
}
