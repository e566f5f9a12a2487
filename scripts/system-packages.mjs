import { readFileSync } from 'node:fs';
import { Stop, ask, isRoot, run, say } from './lib/run.mjs';

/**
 * What the commands need from Debian or Ubuntu. Each row names one package, or several names that the same library
 * carries in different releases (Ubuntu 24.04 added a `t64` to some).
 *
 * @type {Record<'build' | 'token' | 'display' | 'electron' | 'fetch' | 'tools' | 'go' | 'browser', readonly (readonly string[])[]>}
 */
export const systemPackages = {
  // Compile the PKCS#11 binding (node-gyp).
  build: [['g++'], ['make'], ['python3']],
  // The rehearsal vault, and the second opinion on what a token holds.
  token: [['softhsm2'], ['opensc']],
  // A virtual display, its cookie, and a change of user when started as root.
  display: [['xvfb'], ['xauth'], ['util-linux'], ['passwd']],
  electron: [
    ['libasound2', 'libasound2t64'],
    ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
    ['libatk1.0-0', 'libatk1.0-0t64'],
    ['libatspi2.0-0', 'libatspi2.0-0t64'],
    ['libcairo2'],
    ['libcups2', 'libcups2t64'],
    ['libdbus-1-3'],
    ['libdrm2'],
    ['libexpat1'],
    ['libgbm1'],
    ['libglib2.0-0', 'libglib2.0-0t64'],
    ['libgtk-3-0', 'libgtk-3-0t64'],
    ['libnspr4'],
    ['libnss3'],
    ['libpango-1.0-0'],
    ['libudev1'],
    ['libx11-6'],
    ['libxcb1'],
    ['libxcomposite1'],
    ['libxdamage1'],
    ['libxext6'],
    ['libxfixes3'],
    ['libxkbcommon0'],
    ['libxrandr2'],
    // Fontconfig's rules and one family to fall back on; the application bundles its own fonts.
    ['fontconfig'],
    ['fonts-dejavu-core'],
  ],
  // Unpack a downloaded runtime.
  fetch: [['unzip']],
  // Strangers' tools that the tests check our results with.
  tools: [
    ['openssl'],
    ['sqlite3'],
    ['age'],
    ['jq'],
    ['xxd'],
    ['poppler-utils'],
    ['iproute2'],
    ['gcc'],
    ['git'],
    ['time'],
    // pkcs11-spy, which writes down every call on a token.
    ['opensc-pkcs11'],
  ],
  // The second opinion on sealed ledgers is a Go program; Debian's packages hold all it needs, offline.
  go: [['golang-go', 'golang'], ['golang-golang-x-mod-dev']],
  // The tests of single screens run in a plain browser, since a packed application shows only its own.
  browser: [['chromium', 'chromium-browser']],
};

/** @returns {Set<string>} Names of the installed packages. */
function installed() {
  const list = ask('dpkg-query', ['-W', '-f', '${db:Status-Abbrev} ${Package}\n']);
  const names = (list ?? '')
    .split('\n')
    .filter((line) => line.startsWith('ii '))
    .map((line) => line.slice(line.lastIndexOf(' ') + 1));
  return new Set(names);
}

/**
 * Finds the rows of {@link systemPackages} of which no name is installed.
 * @param {ReadonlySet<string>} have
 * @param {readonly (readonly string[])[]} rows
 */
export function missingFrom(have, rows) {
  return rows.filter((names) => !names.some((name) => have.has(name)));
}

/**
 * The first of the names that this release offers.
 * @param {readonly string[]} names
 */
function offered(names) {
  const known = names.find((name) => {
    const policy = ask('apt-cache', ['policy', name], { env: { LC_ALL: 'C' } });
    return policy !== undefined && /Candidate: (?!\(none\))/.test(policy);
  });
  return known ?? names[0] ?? '';
}

/**
 * Makes sure that the Debian or Ubuntu packages of the given groups are installed, with apt when this process is root
 * or sudo works without a password. Otherwise throws {@link Stop} with the exact command for an administrator.
 * @param {readonly (keyof typeof systemPackages)[]} groups
 */
export function ensureSystemPackages(groups) {
  const rows = groups.flatMap((group) => systemPackages[group]);
  if (ask('dpkg-query', ['--version']) === undefined) {
    say(`this is not Debian or Ubuntu; not checked: ${rows.map((names) => names[0]).join(' ')}.`);
    return;
  }
  const missing = missingFrom(installed(), rows);
  if (missing.length === 0) return;
  const plain = missing.map((names) => names[0]).join(' ');
  const sudo = isRoot() ? [] : ['sudo', '-n'];
  if (!isRoot() && ask('sudo', ['-n', 'true']) === undefined) {
    throw new Stop(
      `these system packages are missing, and this user may not install them: ${plain}\n` +
        `Ask an administrator to run:\n  apt-get update && apt-get install --no-install-recommends ${plain}\n` +
        `(${osName()}; in newer releases some names end in t64). Then run the same command again.`,
    );
  }
  say(`installing system packages: ${plain}`);
  const apt = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300'];
  const [program = '', ...args] = apt;
  run(program, [...args, 'update'], { quiet: true, failure: 'apt-get update failed; see above.' });
  const names = missing.map(offered);
  run(program, [...args, 'install', '-y', '--no-install-recommends', ...names], {
    quiet: true,
    failure: `apt-get could not install ${names.join(' ')}; see above.`,
  });
  const still = missingFrom(installed(), missing);
  if (still.length > 0) throw new Stop(`apt-get reported success, yet these are not installed: ${still.join(' ')}`);
}

function osName() {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown release';
  } catch {
    return 'unknown release';
  }
}
