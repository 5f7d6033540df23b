import { expect, it } from 'vitest';
import type { Json } from '../../schemas/json.ts';
import { compileSchema } from '../../src/schema/compile.ts';
import { findStructured } from '../../src/schema/find.ts';
import { jsonCandidates } from '../../src/schema/json-candidates.ts';
import { fuzz, type Random } from './random.ts';
import { anySchema, anyValue, reportWith, valueFor } from './schema-text.ts';

const seen = { usable: 0, unusable: 0, matching: 0, found: 0, missed: 0 };

function oneSchema(random: Random): void {
  const schema = anySchema(random);
  const before = JSON.stringify(schema);
  const compiled = compileSchema(schema);
  expect(JSON.stringify(schema), 'the schema was changed').toBe(before);
  if (!compiled.ok) {
    seen.unusable++;
    expect(compiled.message, before).not.toBe('');
    for (let i = 0; i < 4; i++) readText(random);
    return;
  }
  seen.usable++;
  for (let i = 0; i < 4; i++) {
    const value = copy(valueFor(random, schema));
    const issues = compiled.validate(value);
    expect(issues.length, before).toBeLessThanOrEqual(40);
    for (const issue of issues) expect(issue, before).toMatch(/^\$/);
    if (issues.length === 0) seen.matching++;
    const report = reportWith(random, value);
    const found = findStructured(report, compiled.validate);
    // Whatever is taken must match, and what is not taken must say why.
    if (found.found) expect(compiled.validate(found.value), before).toEqual([]);
    else expect(found.issues.length, before).toBeGreaterThan(0);
    seen[found.found ? 'found' : 'missed']++;
    // A matching value that is the whole reply is never overlooked.
    if (issues.length === 0 && value !== null) expect(findStructured({ structured_output: value }, compiled.validate), before).toMatchObject({ found: true });
    readText(random);
  }
  // Compilers are shared: other schemas in between change nothing.
  compileSchema(anySchema(random));
  const value = copy(valueFor(random, schema));
  const again = compileSchema(JSON.parse(before) as Json);
  expect(again.ok && again.validate(value), before).toEqual(compiled.validate(value));
}

// A value of its own, as a reply is: not the very object that stands in the schema.
function copy(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function readText(random: Random): void {
  const report = reportWith(random, anyValue(random));
  const text = typeof report === 'string' ? report : JSON.stringify(report);
  for (const candidate of jsonCandidates(text, random.chance(0.5))) expect(JSON.parse(JSON.stringify(candidate)), text).toEqual(candidate);
}

it(
  'SCH-06 SCH-07 SCH-08 10,000 generated schemas, values and replies: nothing crashes, nothing wrong is taken, nothing right is overlooked',
  { timeout: 120_000 },
  async () => {
    expect(await fuzz(2500, 55_000, oneSchema)).toBe(2500);
    for (const [what, count] of Object.entries(seen)) expect([what, count > 200]).toEqual([what, true]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  },
);
