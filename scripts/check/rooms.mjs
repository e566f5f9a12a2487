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
 * A package or a family of packages that only some files may import.
 * @typedef {{group: string[], message: string}} Pattern
 */

/** @type {Record<'electron' | 'node' | 'token' | 'database', Pattern>} */
const guarded = {
  electron: {
    group: ['electron', 'electron/*'],
    message: 'Only the window room and the entry files of the privileged process import electron.',
  },
  node: { group: ['node:*'], message: 'This room runs without Node.js.' },
  token: { group: ['graphene-pk11', 'pkcs11js'], message: 'Only the HSM host (electron/hsm/host) touches a token.' },
  database: { group: ['sql.js', 'sql.js/*'], message: 'Only electron/ledger/sqlite.ts reads and writes databases.' },
};

/** What core may import besides itself: pure packages, without Node.js, network or files. */
const corePackages = [
  'valibot',
  '@peculiar/x509',
  '@peculiar/asn1-*',
  'fflate',
  '@noble/*',
  '@noble/*/*',
  'reflect-metadata',
];

/** @type {Pattern} */
const onlyCorePackages = {
  group: ['*', '!./**', '!../**', '!.', '!..', ...corePackages.map((name) => `!${name}`)],
  message: `core stands alone; besides itself it imports only ${corePackages.join(', ')}.`,
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
