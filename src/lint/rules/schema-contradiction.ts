import { readLiteral } from '../../script/literal.ts';
import { propertyOf } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** A schema, written out in the script, that cannot be used: invalid, or one that no value can match. Its node would fail before it starts. */
export const schemaContradiction: Rule = {
  code: 'SCHEMA_CONTRADICTION',
  severity: 'error',
  async check({ nodes, valueOf }, report) {
    for (const { options } of nodes) {
      const given = propertyOf(options, 'schema');
      const schema = given && readLiteral(valueOf(given));
      if (!given || !schema || schema.value === null || typeof schema.value === 'string') continue;
      // Loads the validator, which most scripts do not need here.
      const { compileSchema } = await import('../../schema/compile.ts');
      const compiled = compileSchema(schema.value);
      if (!compiled.ok) report(given, compiled.message);
    }
  },
};
