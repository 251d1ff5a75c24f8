// prepack of each package, in its folder: makes one module of those that are built, which is what is published. A process that
// starts reads one file a package instead of dozens.
import { build } from 'esbuild'

await build({
  entryPoints: ['dist/index.js'],
  outfile: 'dist/bundle.js',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  charset: 'utf8',
  // From the sources: the maps of the modules are followed.
  sourcemap: true,
  logLevel: 'warning',
})
