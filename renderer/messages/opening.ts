/** The sentences while a ledger is being checked; see en.ts. */
const number = (n: number): string => n.toLocaleString('en');

export const opening = {
  opening: {
    title: 'Checking the ledger',
    lead: 'Every entry is checked from the first to the last, in a process of its own. Nothing can be entered and no ceremony can go on before that is done.',
    checked: (done: number, total: number) =>
      total === 0 ? 'Looking at the ledger.' : `${number(done)} of ${number(total)} entries checked.`,
    stop: 'Stop the check',
    stopped: (done: number, total: number) =>
      `The check was stopped after ${number(done)} of ${number(total)} entries. The ledger stays closed. Nothing was changed.`,
    again: 'Check from the beginning',
    soFar: 'Entries checked so far',
    look: 'Show the newest',
  },
} as const;
