// No peer: it never ends.
import { listen, type Recipe } from '../recipe.ts'

export const recipe: Recipe = (application) => {
  process.on('SIGTERM', () => {})
  return listen(application.createServer())
}
