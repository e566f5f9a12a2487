/** The names of key states as the profile of the vault has them. */
import { stateName } from '../../../core/lifecycle/profile.ts';
import { profileOf } from '../../../core/lifecycle/profiles/index.ts';
import { FIRST_PROFILE, type ProfileId } from '../../../core/lifecycle/states.ts';
import { text } from '../../messages/en.ts';

let current = $state<ProfileId>(FIRST_PROFILE);

/** Every screen shows one vault, so its profile is one for all of them. */
export const namesFollow = (profile: ProfileId): void => {
  current = profile;
};

/** Also of a state that only another profile has: then its own name. */
export const nameOfState = (state: string): string =>
  state === 'not-recorded' ? text.notRecorded : stateName(profileOf(current), state);
