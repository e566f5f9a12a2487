import { expect, test } from 'vitest';
import { fileFindings } from '../../scripts/check/files.mjs';

test('a plain file has no finding', () => {
  expect(fileFindings('core/one.ts', "import { a } from '../two.ts';\n")).toEqual([]);
});

test.each([
  ['a place outside the repository', ['see ', '..', '/shared', '/notes'].join('')],
  ['a folder of the machine', ['cd /wo', 'rk/main'].join('')],
  ['a registry host', ['https://regi', 'stry.npm', 'js.org/x'].join('')],
  ['a mirror host', ['http://deb.', 'debian.org'].join('')],
  ['work left behind', ['// TO', 'DO: later'].join('')],
])('%s is found, with its line', (_name, line) => {
  expect(fileFindings('core/one.ts', `first\n${line}\n`)).toHaveLength(1);
  expect(fileFindings('core/one.ts', `first\n${line}\n`)[0]).toMatch(/^core\/one\.ts:2 /);
});

test('a source file of 400 lines passes and one of 401 lines does not', () => {
  expect(fileFindings('core/one.ts', 'x\n'.repeat(400))).toEqual([]);
  expect(fileFindings('core/one.ts', 'x\n'.repeat(401))).toHaveLength(1);
  expect(fileFindings('docs/long.md', 'x\n'.repeat(401))).toEqual([]);
});
