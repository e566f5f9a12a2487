/** Every profile by its id. */
import type { Profile } from '../profile.ts';
import type { ProfileId } from '../states.ts';
import { IBM_UKO } from './ibm-uko.ts';
import { NIST_R5, NIST_R6_DRAFT } from './nist-sp800-57.ts';
import { SECUROSYS_DKE } from './securosys-dke.ts';

export const PROFILES: readonly Profile[] = [NIST_R5, NIST_R6_DRAFT, IBM_UKO, SECUROSYS_DKE];

/** The profile of a vault, by the id in its first entry. */
export function profileOf(id: ProfileId): Profile {
  const profile = PROFILES.find((one) => one.id === id);
  // Ids come out of entries and plans that were checked against the closed set of their schema.
  if (!profile) throw new Error(`no lifecycle profile ${id}`);
  return profile;
}
