/**
 * Who sent a call. Electron's security checklist, item 17: the frame must be there, be the main frame of a window that
 * the application opened, and show a page of the application. Whatever cannot be told is taken for foreign.
 */

/** Of Electron's WebFrameMain what is looked at. */
export interface SenderFrame {
  readonly url: string;
  /** As Chromium serialises it: `null` for an opaque one, such as that of a sandboxed frame. */
  readonly origin: string;
  readonly parent: unknown;
  readonly frameTreeNodeId: number;
}

/** Of Electron's IpcMainInvokeEvent what is looked at. */
export interface CallEvent {
  /** Null where the frame has gone or navigated since. */
  readonly senderFrame: SenderFrame | null;
  readonly sender: { readonly mainFrame: { readonly frameTreeNodeId: number } };
}

/** The one origin whose pages may call. */
export const APP_ORIGIN = 'conclave://app';

/** @param knows Whether a sender (Electron's WebContents) belongs to a window that the application opened for its pages. */
export function isOurPage(event: CallEvent, knows: (sender: object) => boolean): boolean {
  try {
    const frame = event.senderFrame;
    if (frame === null || frame === undefined) return false;
    return (
      knows(event.sender) &&
      frame.parent === null &&
      frame.frameTreeNodeId === event.sender.mainFrame.frameTreeNodeId &&
      frame.origin === APP_ORIGIN &&
      originOf(frame.url) === APP_ORIGIN
    );
  } catch {
    // Electron throws when a frame is asked for after it was disposed.
    return false;
  }
}

/** Scheme, host and port of a URL; null where it names a user, or is none. Node calls the origin of our scheme opaque. */
export function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, host, username, password } = new URL(text);
  return username === '' && password === '' ? `${protocol}//${host}` : null;
}
