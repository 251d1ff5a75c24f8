import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/**
 * Puts the licence of each package that becomes part of a bundle above its code. It is a legal comment, which other bundlers and
 * minifiers keep.
 */
export const licenceNotices: Plugin = {
  name: 'licence notices',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.js$/ }, async ({ path }) => {
      const [folder = ''] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path) ?? []
      return { contents: `${await noticeOf(folder)}\n${await readFile(path, 'utf8')}` }
    })
  },
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
  }
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`Cannot bundle ${name}: its package contains no licence.`)
  const lines = [`${name} ${version}`, '', ...(await readFile(join(folder, file), 'utf8')).trim().split('\n')]
  return `/*!\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */`
}
