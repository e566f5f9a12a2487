import { NIST_R5, NIST_R6_DRAFT } from '../../../../core/lifecycle/profiles/nist-sp800-57.ts';
import { IBM_UKO } from '../../../../core/lifecycle/profiles/ibm-uko.ts';
import { SECUROSYS_DKE } from '../../../../core/lifecycle/profiles/securosys-dke.ts';
import type { LifecycleEdge } from '../../../../renderer/ui/key/lifecycle.ts';
import { edgesOf } from '../../../../electron/view/key-detail.ts';

/** The whole table: a secret key has every state of its profile. */
export const nist = edgesOf(NIST_R5, 'symmetric-encryption');

const KMIP = [
  'none>pre-active',
  'pre-active>destroyed',
  'pre-active>compromised',
  'pre-active>active',
  'active>compromised',
  'active>deactivated',
  'deactivated>destroyed',
  'deactivated>compromised',
  'compromised>destroyed-compromised',
  'destroyed>destroyed-compromised',
];

/** Every profile, of kinds that differ in them, and one that has a state which no picture knows. */
export const lifecycles: Readonly<
  Record<string, { readonly current: string; readonly edges: readonly LifecycleEdge[] }>
> = {
  nist: { current: 'active', edges: nist },
  'nist-signature': { current: 'active', edges: edgesOf(NIST_R5, 'private-signature') },
  'nist-r6': { current: 'suspended', edges: edgesOf(NIST_R6_DRAFT, 'symmetric-encryption') },
  ibm: { current: 'deactivated', edges: edgesOf(IBM_UKO, 'symmetric-encryption') },
  dke: { current: 'active', edges: edgesOf(SECUROSYS_DKE, 'private-key-transport') },
  kmip: {
    current: 'compromised',
    edges: KMIP.map((id) => {
      const [from = '', to = ''] = id.split('>');
      return { from, to };
    }),
  },
};
