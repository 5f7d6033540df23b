import type { ErrorObject } from 'ajv';
import type { Json } from '../../schemas/json.ts';
import { cutCodePoints } from '../text.ts';
import { dropVariantErrors } from './variants.ts';

const maxIssues = 40;

/** Puts validation errors into words that name the place and the rule, in the schema's order (SCH-09). At most 40, without repeats. */
export function describeIssues(errors: ErrorObject[], schema: Json): string[] {
  const issues = new Set<string>();
  for (const error of dropVariantErrors(errors, schema)) {
    // `if` only reports that `then` or `else` failed, whose own errors are listed.
    if (error.keyword !== 'if') issues.add(describe(error));
    if (issues.size === maxIssues) break;
  }
  return [...issues];
}

function describe(error: ErrorObject): string {
  const at = pathOf(error.instancePath, error);
  const p = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return `${at}${member(String(p['missingProperty']))} is required`;
    case 'dependentRequired':
    case 'dependencies':
      return `${at}${member(String(p['missingProperty']))} is required when ${String(p['property'])} is present`;
    case 'type':
      return `${at} must be ${[p['type']].flat().join(' or ')}`;
    case 'enum':
      return `${at} must be one of ${cutCodePoints((p['allowedValues'] as unknown[]).map((one) => JSON.stringify(one)).join(', '), 400, '…')}`;
    case 'const':
      return `${at} must equal ${cutCodePoints(JSON.stringify(p['allowedValue']), 400, '…')}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `${at} must be ${String(p['comparison'])} ${String(p['limit'])}`;
    case 'anyOf':
      return `${at} must match one of ${(error.schema as unknown[]).length} schema variants`;
    case 'oneOf':
      return `${at} must match ${p['passingSchemas'] ? 'exactly ' : ''}one of ${(error.schema as unknown[]).length} schema variants`;
    case 'additionalProperties':
      return `${at}${member(String(p['additionalProperty']))} is not allowed`;
    case 'unevaluatedProperties':
      return `${at}${member(String(p['unevaluatedProperty']))} is not allowed`;
    case 'propertyNames':
      return `${at}${member(String(p['propertyName']))} is not an allowed name`;
    case 'false schema':
      return `${at} is not allowed`;
    case 'pattern':
      return `${at} must match pattern ${String(p['pattern'])}`;
    case 'format':
      return `${at} must be a valid ${String(p['format'])}`;
    case 'uniqueItems':
      return `${at} must not have equal items (${String(p['j'])} and ${String(p['i'])})`;
    case 'not':
      return `${at} must not match the excluded schema`;
    default:
      return `${at} ${describeSize(error.keyword, p) ?? error.message ?? `must pass "${error.keyword}"`}`;
  }
}

function describeSize(keyword: string, p: Record<string, unknown>): string | undefined {
  const limit = String(p['limit']);
  switch (keyword) {
    case 'minLength':
      return `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return `must have at least ${limit} items`;
    case 'maxItems':
    case 'items':
    case 'additionalItems':
    case 'unevaluatedItems':
      return `must have at most ${String(p['limit'] ?? p['len'])} items`;
    case 'minProperties':
      return `must have at least ${limit} properties`;
    case 'maxProperties':
      return `must have at most ${limit} properties`;
    case 'multipleOf':
      return `must be a multiple of ${String(p['multipleOf'])}`;
    case 'contains':
      return `must contain at least ${String(p['minContains'])}${p['maxContains'] === undefined ? '' : ` and at most ${String(p['maxContains'])}`} matching items`;
    default:
      return undefined;
  }
}

/** A JSON pointer as `$.a[0]["b c"]`. */
function pathOf(pointer: string, error: ErrorObject): string {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
  const path = '$' + parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : member(part))).join('');
  return error.propertyName === undefined || error.keyword === 'propertyNames' ? path : `${path}: the name ${JSON.stringify(error.propertyName)}`;
}

function member(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
