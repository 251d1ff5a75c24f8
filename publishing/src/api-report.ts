import { fileURLToPath } from 'node:url'
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  ExtractorMessageCategory,
  type IConfigFile,
} from '@microsoft/api-extractor'
import { type PublishedPackage, root } from './published-packages.ts'

/** What came of comparing the API of a package with the report of it. */
export interface ApiComparison {
  /** Whether the report says anything else than the API is now. */
  readonly changed: boolean
  /** What is wrong with the API itself: a type that it uses and does not export, say. */
  readonly faults: readonly string[]
}

const reports = fileURLToPath(new URL('publishing/api/', root))
/** What is compared with it is written here: not committed. */
const temporary = fileURLToPath(new URL('publishing/dist/api/', root))

/**
 * Compares the API of a package, as its declarations have it, with the report that is committed.
 *
 * @param update - Whether to write the report anew where it differs.
 */
export function compareApi({ id, folder }: PublishedPackage, update: boolean): ApiComparison {
  const faults: string[] = []
  const result = Extractor.invoke(
    ExtractorConfig.prepare({
      configObject: configOf(id, folder),
      configObjectFullPath: undefined,
      packageJsonFullPath: `${folder}package.json`,
    }),
    {
      localBuild: update,
      messageCallback: (message) => {
        if (isFault(message)) faults.push(message.formatMessageWithLocation(folder))
        message.handled = true
      },
    },
  )
  return { changed: result.apiReportChanged, faults }
}

/** The extractor says by a message too that a report has changed. */
function isFault({ logLevel, category }: ExtractorMessage): boolean {
  return (
    (logLevel === ExtractorLogLevel.Warning || logLevel === ExtractorLogLevel.Error) &&
    category !== ExtractorMessageCategory.Console
  )
}

function configOf(id: string, folder: string): IConfigFile {
  const entry = `${folder}dist/index.d.ts`
  return {
    projectFolder: folder,
    mainEntryPointFilePath: entry,
    apiReport: {
      enabled: true,
      reportFileName: `${id}.api.md`,
      reportFolder: reports,
      reportTempFolder: temporary,
    },
    compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.Warning },
        // Everything that is exported is public, and some names say it all.
        'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        'ae-undocumented': { logLevel: ExtractorLogLevel.None },
      },
      // Examples are code as it stands, which editors show as such, and TSDoc would have fenced.
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  }
}

/** As in tsconfig.base.json, in so far as it bears on declarations. */
export const compilerOptions: object = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ['node'],
  typeRoots: [fileURLToPath(new URL('node_modules/@types', root))],
}
