/**
 * Which keys a vault may make, as ready-made parts of its policy. A preset is data that is copied into the policy
 * document when the vault is made; from then on the document alone counts.
 */
import { PURPOSES } from '../lifecycle/purpose.ts';
import { isForKey, type Profile } from '../lifecycle/profile.ts';
import type { Mechanism } from '../ledger/fields.ts';
import type { KeyRule } from './policy.ts';

export const PRESET_IDS = ['general', 'ca-browser-forum', 'dke'] as const;
export type PresetId = (typeof PRESET_IDS)[number];

export interface Preset {
  readonly id: PresetId;
  readonly title: string;
  /** What it is for, as one sentence: read when a vault is made. */
  readonly words: string;
  readonly keys: readonly KeyRule[];
  /** Where it is published; empty where it is our own. */
  readonly source: string;
}

/** Of less than 128 bits of strength by SP 800-57 Part 1 Rev. 5, Table 2. They are made where a preset names them. */
const WEAK: readonly Mechanism[] = ['rsa-2048'];

export const PRESETS: readonly Preset[] = [
  {
    id: 'general',
    title: 'General use',
    words: 'Every purpose, with algorithms of at least 128 bits of strength.',
    keys: [...new Set(PURPOSES.map(({ purpose }) => purpose))].map((purpose) => ({
      purpose,
      mechanisms: PURPOSES.filter((row) => row.purpose === purpose)
        .flatMap(({ mechanisms }) => mechanisms)
        .filter((mechanism) => !WEAK.includes(mechanism)),
    })),
    source: '',
  },
  {
    id: 'ca-browser-forum',
    title: 'Certification authority, CA/Browser Forum',
    words: 'Keys that sign and nothing else: RSA from 2048 bits, a multiple of 8, and P-256, P-384 and P-521.',
    keys: [{ purpose: 'sign', mechanisms: ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384', 'ec-p521'] }],
    source: 'CA/Browser Forum Baseline Requirements, section 6.1.5',
  },
  {
    id: 'dke',
    title: 'Double key encryption',
    words: 'RSA keys of 2048 bits that decrypt and nothing else.',
    keys: [{ purpose: 'decrypt', mechanisms: ['rsa-2048'] }],
    source: 'Securosys365 DKE documentation, operations, key management',
  },
];

export const presetOf = (id: PresetId): Preset => PRESETS.find((one) => one.id === id)!;

/** Presets of which a vault of this profile can make a key. The first is what it begins with where nobody chose. */
export function presetsFor(profile: Profile): readonly [PresetId, ...PresetId[]] {
  const fitting = PRESETS.filter(({ keys }) =>
    keys.some(({ purpose, mechanisms }) => mechanisms.some((mechanism) => isForKey(profile, purpose, mechanism))),
  ).map(({ id }) => id);
  const [first, ...others] = fitting;
  if (first === undefined) throw new Error(`no preset has a key of ${profile.id}`);
  return [first, ...others];
}
