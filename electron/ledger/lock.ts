/**
 * One writer at a time. The lock is a file that names its holder, because Node offers no lock that the kernel would
 * release by itself. A holder that is gone (another boot, no such process, or the process id now belongs to a younger
 * process) leaves a stale lock, which the next one takes over.
 *
 * It guards against two honest processes of one machine, not against an attacker.
 */
import { readFileSync } from 'node:fs';
import { equal, fromUtf8, utf8 } from '../../core/bytes.ts';
import { journalFailure } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { bootId } from './clock.ts';
import { isErrno, writeAll, type JournalFiles } from './files.ts';

/** A process in a way that outlives reuse of its id: `start` is when it began, in clock ticks since boot. */
export interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly start: string;
}

export interface Processes {
  readonly self: Holder;
  isRunning(holder: Holder): boolean;
}

/** Field 22 of /proc/<pid>/stat (proc(5)), counted after the command name, which may hold anything. Empty if gone. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, and it is another user's.
    return isErrno(error, 'EPERM');
  }
}

export function systemProcesses(): Processes {
  const self: Holder = { pid: process.pid, boot: bootId(), start: startOf(process.pid) };
  return {
    self,
    isRunning: ({ pid, boot, start }) => boot === self.boot && isAlive(pid) && startOf(pid) === start,
  };
}

function parseHolder(bytes: Uint8Array): Holder | null {
  const [pid, boot, start] = (fromUtf8(bytes) ?? '').trim().split(' ');
  return /^[1-9]\d{0,9}$/.test(pid ?? '') && boot !== undefined ? { pid: Number(pid), boot, start: start ?? '' } : null;
}

export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock at `path`, or says JOURNAL-13. Rejects where the disk fails. */
export async function takeLock(files: JournalFiles, processes: Processes, path: string): Promise<Result<Lock>> {
  const { self } = processes;
  const mine = `${path}.${self.pid}.tmp`;
  if ((await files.read(mine)) !== null) await files.remove(mine);
  const file = await files.open(mine, 'create');
  try {
    await writeAll(file, utf8(`${self.pid} ${self.boot} ${self.start}\n`));
  } finally {
    await file.close();
  }
  try {
    // The name appears together with its content, so nobody ever reads half a lock.
    if (await claimed(files, mine, path)) return ok({ release: () => files.remove(path) });
    const found = await files.read(path);
    const holder = found && parseHolder(found);
    if (holder && processes.isRunning(holder)) {
      return fail({ ...journalFailure('JOURNAL-13', null), hint: `It is held by process ${holder.pid}.` });
    }
    if (found && !(await cleared(files, path, found, `${mine}.stale`))) return fail(journalFailure('JOURNAL-13', null));
    if (await claimed(files, mine, path)) return ok({ release: () => files.remove(path) });
    return fail(journalFailure('JOURNAL-13', null));
  } finally {
    if ((await files.read(mine)) !== null) await files.remove(mine);
  }
}

async function claimed(files: JournalFiles, mine: string, path: string): Promise<boolean> {
  try {
    await files.link(mine, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Takes a stale lock away; false where another process was quicker and the file is by now that process's lock. */
async function cleared(files: JournalFiles, path: string, stale: Uint8Array, aside: string): Promise<boolean> {
  try {
    await files.rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    throw error;
  }
  const taken = (await files.read(aside)) ?? new Uint8Array();
  const wasStale = equal(taken, stale);
  if (!wasStale) await claimed(files, aside, path);
  await files.remove(aside);
  return wasStale;
}
