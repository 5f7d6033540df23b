import type { Json } from '../../schemas/json.ts';
import type { Random } from './random.ts';

const keys = ['a', 'b', 'ok', 'error', 'length', '__proto__', 'constructor', 'toString', 'ä', '', 'a b', 'result', '$ref'];
const texts = [
  '',
  'x',
  'a-b',
  '\uD83D',
  '😀',
  '2026-01-02T03:04:05Z',
  'me@example.org',
  '{"a":1}',
  '[1]',
  '```json\n{"a": 1}\n```',
  'null',
  '\u0000',
  'x'.repeat(300),
];
const numbers = [0, -0, 1, -1, 2.5, 1e308, 5e-324, 9007199254740991];
const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const garbage: Json[] = [null, -1, 'object', [], {}, { type: 'nothing' }, true, [true], 'x'];

/** Any JSON value. */
export function anyValue(random: Random, depth = 3): Json {
  if (depth === 0 || random.chance(0.35))
    return random.pick<() => Json>([() => random.pick(texts), () => random.pick(numbers), () => random.chance(0.5), () => null])();
  if (random.chance(0.3)) return random.some(4, () => anyValue(random, depth - 1));
  // JSON.parse, unlike a literal, makes "__proto__" an ordinary property.
  const entries = random.some(4, () => `${JSON.stringify(random.pick(keys))}:${JSON.stringify(anyValue(random, depth - 1))}`);
  return JSON.parse(`{${entries.join()}}`) as Json;
}

/** A JSON Schema: mostly sound, at times contradictory, circular, with unknown or misused keywords. */
export function anySchema(random: Random, depth = 3): Json {
  if (random.chance(0.04)) return random.pick(garbage);
  if (depth === 0 || random.chance(0.1)) return random.pick<() => Json>([() => ({ type: random.pick(types) }), () => true, () => ({}), () => false])();
  const schema: Record<string, Json> = {};
  const sub = () => anySchema(random, depth - 1);
  const fields = () => JSON.parse(`{${random.some(3, () => `${JSON.stringify(random.pick(keys))}:${JSON.stringify(sub())}`).join()}}`) as Json;
  const keywords: [string, () => Json][] = [
    ['type', () => (random.chance(0.8) ? random.pick(types) : random.some(3, () => random.pick(types)))],
    ['properties', fields],
    ['required', () => [...new Set(random.some(3, () => random.pick(keys)))]],
    ['additionalProperties', () => (random.chance(0.6) ? random.chance(0.5) : sub())],
    ['patternProperties', () => ({ [random.pick(['^a', '.*', '\\p{L}', '[', '\\-'])]: sub() })],
    ['items', sub],
    ['prefixItems', () => random.some(3, sub)],
    ['contains', sub],
    ['uniqueItems', () => random.chance(0.7)],
    ['minItems', () => random.below(3)],
    ['maxLength', () => random.below(4)],
    ['minimum', () => random.pick(numbers)],
    ['multipleOf', () => random.pick([1, 0.1, 0, -1])],
    ['pattern', () => random.pick(['^x', '\\d+', '(', '^\\-$', '\\p{Lu}'])],
    ['format', () => random.pick(['date-time', 'email', 'uri', 'no-such-format'])],
    ['enum', () => random.some(3, () => anyValue(random, 1))],
    ['const', () => anyValue(random, 2)],
    ['anyOf', () => random.some(3, sub)],
    ['oneOf', () => random.some(3, sub)],
    ['allOf', () => random.some(2, sub)],
    ['not', sub],
    ['if', sub],
    ['then', sub],
    ['$ref', () => random.pick(['#', '#/$defs/d', '#/nowhere', 'other.json', 'https://example.org/s', '#anchor', 7])],
    ['$defs', () => ({ d: sub() })],
    ['$id', () => random.pick(['https://example.org/s', 'urn:x', 'not a uri', '#', ''])],
    ['$anchor', () => 'anchor'],
    ['$schema', () => random.pick(['https://json-schema.org/draft/2020-12/schema', 'http://json-schema.org/draft-07/schema#', 'nonsense'])],
    ['$async', () => true],
    ['title', () => random.pick(['verifier.schema.json', 'T'])],
    ['dependentRequired', () => ({ a: ['b'] })],
    ['unevaluatedProperties', () => false],
    ['unknownKeyword', () => anyValue(random, 1)],
  ];
  for (let n = 1 + random.below(5); n > 0; n--) {
    const [name, make] = random.pick(keywords);
    // Schemas with names of their own take many times longer to compile.
    if (/^\$(id|anchor)$/.test(name) && random.chance(0.8)) continue;
    schema[name] = random.chance(0.03) ? random.pick(garbage) : make();
  }
  return schema;
}

/** A value that has a fair chance to match a schema. */
export function valueFor(random: Random, schema: Json): Json {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || random.chance(0.2)) return anyValue(random);
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return random.pick(schema['enum']);
  switch (schema['type']) {
    case 'object': {
      const properties = (typeof schema['properties'] === 'object' && schema['properties'] !== null ? schema['properties'] : {}) as Record<string, Json>;
      const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
      const names = [...new Set([...Object.keys(properties), ...required])];
      return JSON.parse(
        `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(valueFor(random, Object.hasOwn(properties, name) ? (properties[name] as Json) : true))}`).join()}}`,
      ) as Json;
    }
    case 'array':
      return random.some(3, () => valueFor(random, schema['items'] ?? true));
    case 'string':
      return random.pick(texts);
    case 'number':
    case 'integer':
      return random.pick(numbers);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return anyValue(random);
  }
}

/** A report of an executor that holds the value somewhere, between prose, fences and other JSON; at times cut off. */
export function reportWith(random: Random, value: Json): Json {
  const json = JSON.stringify(value, null, random.pick([0, 2]));
  const prose = random.pick(['', 'Here it is: ', 'I used {braces} and [1] and "quotes" ', '{"not": "it"} ', '{', '[[[[', '\\"']);
  const wrapped = random.pick([json, prose + json, `${prose}\n\`\`\`json\n${json}\n\`\`\`\n${prose}`, `\`\`\`\n${json}`, json + prose]);
  const text = random.chance(0.1) ? wrapped.slice(0, random.below(wrapped.length + 1)) : wrapped;
  const place = random.pick(['last_agent_message', 'structured_output', 'result', 'output', 'json', 'message', 'stdout', 'text']);
  const put: Json = random.chance(0.5) ? text : value;
  const holder: Json = { [place]: put, ...(random.chance(0.3) ? { usage: { total_tokens: 5 } } : {}) };
  return random.pick<Json>([
    holder,
    { ok: true, summary: holder },
    { ok: true, codex: holder },
    { codex: { items: [{ aggregatedOutput: text }, null, 7] }, agent_messages: [text, { text }] },
    { ...holder, last_agent_message: text },
    text,
    anyValue(random),
    { summary: anyValue(random, 2), codex: anyValue(random, 2), agent_messages: anyValue(random, 2), wait: anyValue(random, 1) },
  ]);
}
