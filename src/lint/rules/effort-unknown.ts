import { claudeEfforts } from '../../script/claude-form.ts';
import { propertyOf } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** An effort that the dialect claude does not have (DIAL-13). */
export const effortUnknown: Rule = {
  code: 'EFFORT_UNKNOWN',
  severity: 'error',
  check({ dialect, nodes, valueOf }, report) {
    if (dialect !== 'claude') return;
    for (const { options } of nodes) {
      const given = propertyOf(options, 'effort');
      const value = given && valueOf(given);
      if (given && value?.type === 'Literal' && typeof value.value === 'string' && !claudeEfforts.includes(value.value))
        report(given, `the dialect claude has no effort "${value.value}"; it has ${claudeEfforts.join(', ')}`);
    }
  },
};
