/**
 * Names that a compiled body uses and the interpreter supplies, as outer names beside the dialect's globals.
 * A script cannot mention them: identifiers with a reserved prefix are refused when it is parsed.
 */
export const internalNames = {
  /** `guard(weight)`: called at the head of every loop body and function body; throws once an activation has used up its allowance. */
  guard: '__odw_guard',
  /** `meta(value)`: called with the exported `meta` right after its declaration, when it is not a literal. */
  meta: '__odw_meta',
  /** `thrown(value)`: what a `throw` throws; gives values without a string form one, since the engine must be able to print a rejection. */
  thrown: '__odw_thrown',
} as const;

/** Names declared by a compiled body itself. */
export const bodyNames = { entry: '__odw_default', input: '__odw_input', error: '__odw_TypeError' } as const;

/** Prefixes of identifiers that belong to odw or to the engine's sandbox. */
export const reservedPrefixes = ['__odw', '__TEMPORAL', '__temporal', '__webpack'];
