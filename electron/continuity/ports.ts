/** What the continuity acts have in common: where they read, what they say on the screen, and how they leave a sheet. */
import type { AppView } from '../../contract/views.ts';
import type { Result } from '../../core/result.ts';
import type { ApplicationPorts } from '../application-ports.ts';
import { writeNewFile } from '../evidence/bundles.ts';

export function continuityPorts(
  { crypto, folder, clock, printToPdf }: ApplicationPorts,
  working: (work: AppView['work']) => void,
) {
  return {
    crypto,
    folders: folder,
    /** UTC, ISO 8601. */
    now: () => clock.now().wall,
    working: (title: string | null) => working(title === null ? null : { title, done: 0, total: 0, detail: '' }),
    /** Writes a sheet as JSON and on paper into the exports folder; gives the path of the paper. */
    keep: async (name: string, json: Uint8Array, html: string): Promise<Result<string>> => {
      const kept = await writeNewFile(folder.exports, `${name}.json`, json);
      const pdf = kept.ok ? await printToPdf(html) : kept;
      return pdf.ok ? writeNewFile(folder.exports, `${name}.pdf`, pdf.value) : pdf;
    },
  };
}
