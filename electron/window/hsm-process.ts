/** The HSM host as an Electron utilityProcess, which the main process starts and alone can reach. */

import { hostEnvironment } from '../hsm/environment.ts';
import type { SpawnHost } from '../process/host-process.ts';
import { utilityHost } from './credential-process.ts';

/** `entry` is the absolute path of the bundled host (JavaScript). It may lie in the application's archive. */
export const hsmProcess = (entry: string): SpawnHost =>
  utilityHost(entry, 'Conclave HSM host', hostEnvironment(process.env));
