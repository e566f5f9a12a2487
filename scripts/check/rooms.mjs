import { builtinModules } from 'node:module';

/**
 * The rooms and which other rooms each may import: one way only.
 * @type {readonly {room: string, may: readonly string[]}[]}
 */
export const roomPolicies = [
  { room: 'core', may: [] },
  { room: 'contract', may: ['core'] },
  { room: 'electron', may: ['core', 'contract'] },
  { room: 'renderer', may: ['core', 'contract'] },
  { room: 'standalone', may: ['core'] },
  { room: 'scripts', may: [] },
  { room: 'test', may: ['core', 'contract', 'electron', 'renderer', 'standalone', 'scripts'] },
];

/**
 * Packages that only some files may import, as a regular expression over what stands in the import.
 * @typedef {{regex: string, message: string}} Pattern
 */

/** @type {Record<'electron' | 'node' | 'token' | 'database', Pattern>} */
const guarded = {
  electron: {
    regex: '^electron(/|$)',
    message: 'Only the window room and the entry files of the privileged process import electron.',
  },
  node: { regex: `^(node:|(${builtinModules.join('|')})(/|$))`, message: 'This room runs without Node.js.' },
  token: { regex: '^(graphene-pk11|pkcs11js)(/|$)', message: 'Only the HSM host (electron/hsm/host) touches a token.' },
  database: { regex: '^sql\\.js(/|$)', message: 'Only electron/ledger/sqlite.ts reads and writes databases.' },
};

/** What core may import besides itself: pure packages, without Node.js, network or files. */
const corePackages = 'valibot';

/** @type {Pattern} */
const onlyCorePackages = {
  regex: `^(?!\\.{1,2}/|(${corePackages})$)`,
  message: 'core stands alone: besides itself it imports only the packages listed in scripts/check/rooms.mjs.',
};

/**
 * `no-restricted-imports` by room. For one file only the last entry that names it holds, so each entry is complete.
 * @type {readonly {files: string[], except: string[], patterns: Pattern[]}[]}
 */
export const roomImports = [
  { files: ['core/**/*.ts'], except: [], patterns: [onlyCorePackages] },
  { files: ['contract/**/*.ts'], except: [], patterns: Object.values(guarded) },
  {
    files: ['renderer/**/*.ts', 'renderer/**/*.svelte'],
    except: ['renderer/vite.config.ts'],
    patterns: Object.values(guarded),
  },
  { files: ['standalone/**/*.ts'], except: [], patterns: [guarded.electron, guarded.token, guarded.database] },
  {
    files: ['electron/**/*.ts'],
    except: [],
    patterns: [guarded.electron, guarded.token, guarded.database],
  },
  {
    files: ['electron/main.ts', 'electron/preload.ts', 'electron/window/**/*.ts'],
    except: [],
    patterns: [guarded.token, guarded.database],
  },
  { files: ['electron/hsm/host/**/*.ts'], except: [], patterns: [guarded.electron, guarded.database] },
  { files: ['electron/ledger/sqlite.ts'], except: [], patterns: [guarded.electron, guarded.token] },
];
