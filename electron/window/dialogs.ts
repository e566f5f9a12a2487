import { dialog, type BrowserWindow } from 'electron';

/**
 * The system's open dialog over a window.
 *
 * @param extensions Without a dot; empty for every file.
 * @returns An absolute path, or null where nothing was chosen.
 */
export async function chooseFile(
  window: BrowserWindow,
  title: string,
  extensions: readonly string[],
): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title,
    properties: ['openFile', 'dontAddToRecent'],
    filters: extensions.length === 0 ? [] : [{ name: title, extensions: [...extensions] }],
  });
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
}
