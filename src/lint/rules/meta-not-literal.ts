import type { Rule } from '../rule.ts';

/** A computed `meta`: lists and views know the script by its file name only, since they never run it (DIAL-06). */
export const metaNotLiteral: Rule = {
  code: 'META_NOT_LITERAL',
  severity: 'hint',
  check({ dialect, computedMeta }, report) {
    // In the dialect claude it is an error of the script's form.
    if (dialect === 'odw' && computedMeta) report(computedMeta, 'meta is computed, so lists show the file name: write it out');
  },
};
