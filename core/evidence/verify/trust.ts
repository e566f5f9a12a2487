import { jcs, type Json } from '../../json/jcs.ts';
import { SENTENCES } from './catalogue.ts';
import { judge, notApplicable, unchecked, type Checks } from './outcome.ts';

export const trustChecks: Checks = {
  'trust.genesis': ({ trust, statement, checkpoint }) => {
    if (!trust) return unchecked(SENTENCES.noTrust);
    if (!statement.ok) return unchecked();
    const { genesis, sha256 } = trust;
    const { predicate } = statement.value;
    const same: readonly (readonly [string, boolean])[] = [
      ['vault', genesis.vault.id === predicate.vault],
      ['environment', genesis.environment === predicate.environment],
      ['ledger', genesis.origin === predicate.log.origin && (!checkpoint || checkpoint.origin === genesis.origin)],
      ['HSM serial', genesis.hsm.serial === predicate.token.serial],
      [
        'HSM model',
        genesis.hsm.model === predicate.token.model && genesis.hsm.manufacturer === predicate.token.manufacturer,
      ],
      ['head on the token', genesis.anchor === predicate.log.anchor],
      ['custody', genesis.custody === predicate.custody],
      ['lifecycle profile', genesis.profile === predicate.lifecycle.profile],
      [
        'operator root',
        genesis.operatorRoot.sha256 === predicate.operatorRoot.sha256 &&
          genesis.operatorRoot.tokenSerial === predicate.operatorRoot.tokenSerial,
      ],
      [
        'place of the attestation key',
        predicate.signer.sameTokenAsSubject === (genesis.hsm.serial === predicate.token.serial),
      ],
    ];
    const wrong = same.find(([, holds]) => !holds);
    return judge(wrong ? `Bundle and genesis sheet differ in the ${wrong[0]}.` : null, `Genesis sheet ${sha256}`);
  },
  'trust.policy': ({ trust, statement, plan }) => {
    if (!trust) return unchecked(SENTENCES.noTrust);
    if (!statement.ok || !plan) return unchecked();
    const { policySha256 } = trust.genesis;
    return judge(
      plan.policySha256 === policySha256 && statement.value.predicate.ceremony.policySha256 === policySha256
        ? null
        : 'The plan was made under another policy than that of the genesis sheet.',
    );
  },
  'trust.people': ({ trust, plan }) => {
    if (!trust) return unchecked(SENTENCES.noTrust);
    if (!plan) return unchecked();
    const known = new Map(trust.genesis.people.map((person) => [person.person, jcs(person as unknown as Json)]));
    const stranger = plan.people.find((person) => known.get(person.person) !== jcs(person as unknown as Json));
    if (stranger) return judge(`${stranger.person} is not in the genesis sheet with this name, role and key.`);
    const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
    const alone = distinct(plan.people.map(({ person }) => person)) && distinct(plan.people.map(({ key }) => key));
    return judge(alone ? null : 'The plan names a person or a key twice.', `${plan.people.length} people.`);
  },
  'trust.environment': ({ statement, leaves, expect, approvals }) => {
    if (!statement.ok) return unchecked();
    const { environment } = statement.value.predicate;
    if (environment !== expect) return judge(`This is a ${environment} bundle; a ${expect} bundle was expected.`);
    const stray =
      leaves?.ok === true &&
      (leaves.value.some(({ entry }) => entry.environment !== environment) ||
        approvals.some(({ approval }) => approval.environment !== environment));
    return judge(stray ? 'Entries or approvals come from another environment.' : null, environment);
  },
};

export const vendorChecks: Checks = {
  'vendor.attestation': ({ statement }) =>
    statement.ok ? notApplicable('The statement names no evidence of a device maker.') : unchecked(),
};
