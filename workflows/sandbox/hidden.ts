import { languageNames } from '../../src/script/global-names.ts';

const allowed = new Set(languageNames);

// Named by engine-probes and the SDK; listed so that they are hidden even where the host defines them late.
const always = ['globalThis', 'Function', 'eval', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'Iterator'];

/** Names of sandbox globals that no script may see: all but the language's own. They are shadowed with `undefined`. */
export function hiddenNames(): string[] {
  const names = new Set(always);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!allowed.has(name) && /^[A-Za-z_$][\w$]*$/.test(name)) names.add(name);
  }
  for (const late of [
    '__TEMPORAL__',
    '__TEMPORAL_ACTIVATOR__',
    '__TEMPORAL_BAG_HOLDER__',
    '__TEMPORAL_CALL_INTO_SCOPE',
    '__temporal_args',
    '__webpack_module_cache__',
    '__webpack_require__',
  ])
    names.add(late);
  return [...names];
}
