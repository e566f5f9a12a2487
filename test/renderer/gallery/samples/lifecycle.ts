import type { LifecycleEdge } from '../../../../renderer/ui/key/lifecycle.ts';

const edge = (id: string): LifecycleEdge => {
  const [from, to] = id.split('>');
  return { from, to } as LifecycleEdge;
};

export const nist = [
  'none>pre-active',
  'pre-active>destroyed',
  'pre-active>compromised',
  'pre-active>active',
  'active>destroyed',
  'active>compromised',
  'active>suspended',
  'active>deactivated',
  'suspended>destroyed',
  'suspended>active',
  'suspended>compromised',
  'suspended>deactivated',
  'deactivated>compromised',
  'deactivated>destroyed',
  'compromised>destroyed',
].map(edge);

export const ibmUko = [
  'none>pre-active',
  'none>active',
  'pre-active>active',
  'pre-active>destroyed',
  'active>active',
  'active>deactivated',
  'deactivated>active',
  'deactivated>pending-destruction',
  'pending-destruction>destroyed',
  'destroyed>removed',
].map(edge);

export const securosys = [
  'none>pre-active',
  'none>active',
  'pre-active>active',
  'pre-active>compromised',
  'active>deactivated',
  'active>compromised',
  'pre-active>removed',
  'active>removed',
].map(edge);
