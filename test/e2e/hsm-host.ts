/** The HSM host as the kernel shows it: which process it is, and whether it computes. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { PATIENCE } from './hands.ts';

/** Processor time of a process in clock ticks: user and system (proc_pid_stat(5), fields 14 and 15). */
export function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const parentOf = (pid: number): number =>
  Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** The processes below an application that have the PKCS#11 library mapped. */
export function hsmHosts(application: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const below = (pid: number): boolean => {
    for (let each = pid; each > 1; each = parentOf(each)) if (each === application) return true;
    return false;
  };
  return all.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/maps`, 'utf8').includes('libsofthsm2') && below(pid);
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

export async function until(what: () => boolean): Promise<void> {
  await expect.poll(what, { timeout: PATIENCE, interval: 20 }).toBe(true);
}
