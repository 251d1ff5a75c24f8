import { exampleCases } from '@lastcall/testkit'

exampleCases({
  folder: new URL('../', import.meta.url),
  stream: { path: '/ticks', begins: /{"tick":1}\n/, ends: /{"goodbye":true}\n/ },
})
