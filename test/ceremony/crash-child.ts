/**
 * The application in a process of its own that does one step and ends itself with SIGKILL at the crash point that the
 * environment names. Every state that was told to the screens is written out before: it was acknowledged.
 */
import { writeSync } from 'node:fs';

import { CRASH_AT, crashPoints, killSelf } from '../../electron/workstation/crash-points.ts';
import { Bench, must } from './bench.ts';

const [root, userPin] = process.argv.slice(2);
if (root === undefined || userPin === undefined || !process.env[CRASH_AT]) throw new Error('nothing to do');

const point = crashPoints({ testBuild: true, env: process.env, kill: killSelf });
let armed = false;
const bench = await Bench.start({
  root,
  userPin,
  crash: (reached) => {
    if (armed) point(reached);
  },
  changed: ({ status: { ledger } }) => {
    if (ledger) writeSync(1, `${ledger.size} ${ledger.root}\n`);
  },
});
const { ceremony } = bench.view;
const kind = ceremony!.steps[ceremony!.current]!.kind;
if (kind === 'act' || kind === 'export') must(await bench.login());
armed = true;
await bench.doStep();
// The point was never reached.
process.exit(3);
