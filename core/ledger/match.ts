/**
 * Schemas as plain tests. The ledger asks of every entry whether it has its shape and throws the answer's details away;
 * a schema library makes those details, and they cost more than the question.
 */
import * as v from 'valibot';

/** Says yes or no to a JSON value. */
export type Test = (value: unknown) => boolean;

/** What is read of a schema or of a step of a pipe. */
interface Part {
  readonly kind: 'schema' | 'validation' | 'transformation' | 'metadata';
  readonly type: string;
  readonly pipe?: readonly Part[];
  readonly entries?: Readonly<Record<string, Part>>;
  readonly item?: Part;
  readonly wrapped?: Part;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly default?: unknown;
  readonly key?: Part;
  readonly value?: Part;
  readonly requirement?: unknown;
}

/**
 * A test that says yes to a JSON value only if `v.is(schema, value)` does, and several times faster. The other way round
 * it agrees as well for all that the ledger's schemas are made of; whoever needs the reason of a no asks the schema.
 */
export const matcher = (schema: v.GenericSchema): Test => testOf(schema);

function testOf(part: Part): Test {
  const test = part.pipe ? pipeTest(part.pipe) : schemaTest(part);
  return test ?? ((value) => v.is(part as unknown as v.GenericSchema, value));
}

/** Null where a step is none of those below. */
function pipeTest([first, ...steps]: readonly Part[]): Test | null {
  const tests = [testOf(first!), ...steps.map(stepTest)];
  return tests.every((test) => test !== null) ? (value) => everyTest(tests, value) : null;
}

function everyTest(tests: readonly Test[], value: unknown): boolean {
  for (const test of tests) if (!test(value)) return false;
  return true;
}

/** A validation after the schema of a pipe, so the value's type is certain. */
function stepTest(step: Part): Test | null {
  const { kind, type, requirement } = step;
  if (kind === 'schema') return testOf(step);
  switch (kind === 'validation' ? type : kind) {
    case 'regex':
    case 'uuid':
      return (value) => (requirement as RegExp).test(value as string);
    case 'max_length':
      return (value) => (value as string).length <= (requirement as number);
    case 'length':
      return (value) => (value as string).length === requirement;
    case 'min_value':
      return (value) => (value as number) >= (requirement as number);
    case 'safe_integer':
      return Number.isSafeInteger;
    case 'check':
      return requirement as Test;
    default:
      return null;
  }
}

/** Null where the schema is none of those below. */
function schemaTest(schema: Part): Test | null {
  switch (schema.type) {
    case 'string':
      return (value) => typeof value === 'string';
    case 'number':
      return (value) => typeof value === 'number' && !Number.isNaN(value);
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'unknown':
      return () => true;
    case 'literal':
      return (value) => value === schema.literal;
    case 'picklist': {
      const options = new Set(schema.options);
      return (value) => options.has(value);
    }
    case 'nullable': {
      const test = testOf(schema.wrapped!);
      return schema.default === undefined ? (value) => value === null || test(value) : null;
    }
    case 'union': {
      const tests = schema.options!.map((option) => testOf(option as Part));
      return (value) => tests.some((test) => test(value));
    }
    case 'array': {
      const test = testOf(schema.item!);
      return (value) => Array.isArray(value) && everyItem(test, value);
    }
    case 'record':
      return recordTest(testOf(schema.key!), testOf(schema.value!));
    case 'strict_object':
      return objectTest(schema.entries!);
    default:
      return null;
  }
}

function everyItem(test: Test, items: readonly unknown[]): boolean {
  for (const item of items) if (!test(item)) return false;
  return true;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const recordTest =
  (key: Test, item: Test): Test =>
  (value) => {
    if (!isObject(value)) return false;
    for (const name in value) if (!key(name) || !item(value[name])) return false;
    return true;
  };

/** Null where a member that is left out would get a value. */
function objectTest(entries: Readonly<Record<string, Part>>): Test | null {
  const members = Object.entries(entries).map(([name, part]) => {
    const optional = part.type === 'optional' && part.pipe === undefined;
    return { name, optional, test: testOf(optional ? part.wrapped! : part) };
  });
  if (Object.values(entries).some((part) => part.type === 'optional' && part.default !== undefined)) return null;
  return (value) => {
    if (!isObject(value)) return false;
    let left = 0;
    for (const _name in value) left++;
    for (const { name, optional, test } of members) {
      const item = value[name];
      // A JSON value has no member that is undefined: it is not there.
      if (item === undefined) {
        if (!optional) return false;
      } else if (!test(item)) return false;
      else left--;
    }
    return left === 0;
  };
}
