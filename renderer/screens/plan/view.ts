import type { Mechanism } from '../../../core/ledger/fields.ts';

/** The kinds of key that the recipe offers, the one most often wanted first. */
export const KINDS = ['ec-p384', 'ec-p256', 'rsa-3072', 'rsa-4096'] as const satisfies readonly Mechanism[];

export type Kind = (typeof KINDS)[number];

export type InitialState = 'pre-active' | 'active';
