/** Every act a script can name, by its name. */
import type { StepAct } from '../../../core/plan/plan.ts';
import type { ActRunner } from './act.ts';
import { activate } from './activate.ts';
import { record, sync } from './agree.ts';
import { certifyRequest } from './certify-request.ts';
import { changeLabel } from './change-label.ts';
import { compromise } from './compromise.ts';
import { deactivate } from './deactivate.ts';
import { destroy } from './destroy.ts';
import { generate } from './generate.ts';
import { ledgerOnly } from './ledger-only.ts';
import { resume } from './resume.ts';
import { suspend } from './suspend.ts';
import { testSignature } from './test-signature.ts';
import { testUse } from './test-use.ts';

export const ACTS: Readonly<Record<StepAct, ActRunner>> = {
  'key.generate': generate,
  'key.certify-request': certifyRequest,
  'key.activate': activate,
  'key.test-signature': testSignature,
  'key.test-use': testUse,
  'key.suspend': suspend,
  'key.resume': resume,
  'key.deactivate': deactivate,
  'key.compromise': compromise,
  'key.destroy': destroy,
  'token.sync': sync,
  'token.record': record,
  'key.change-label': changeLabel,
  'key.set-cryptoperiod': ledgerOnly,
  'key.reactivate': resume,
  'key.disable': suspend,
  'key.enable': resume,
  'key.schedule-destruction': suspend,
  'key.delete': destroy,
  'key.remove': ledgerOnly,
};
