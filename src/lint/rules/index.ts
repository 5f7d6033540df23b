import type { Rule } from '../rule.ts';
import { agentNotAwaited } from './agent-not-awaited.ts';
import { barrierNotNeeded } from './barrier-not-needed.ts';
import { dialectNulls } from './dialect-nulls.ts';
import { effortUnknown } from './effort-unknown.ts';
import { failoverInvalid } from './failover-invalid.ts';
import { fanoutNoVerifier } from './fanout-no-verifier.ts';
import { inputsInvalid } from './inputs-invalid.ts';
import { limitsInvalid } from './limits-invalid.ts';
import { loopNoCap } from './loop-no-cap.ts';
import { metaNotLiteral } from './meta-not-literal.ts';
import { mutatingParallel } from './mutating-parallel.ts';
import { parallelItem } from './parallel-item.ts';
import { phaseNotInMeta } from './phase-not-in-meta.ts';
import { promptFromDate } from './prompt-from-date.ts';
import { schemaContradiction } from './schema-contradiction.ts';
import { skillsInvalid } from './skills-invalid.ts';
import { unknownGlobal } from './unknown-global.ts';
import { unknownOption } from './unknown-option.ts';

/** All rules (LINT-01). */
export const rules: readonly Rule[] = [
  agentNotAwaited,
  barrierNotNeeded,
  dialectNulls,
  effortUnknown,
  failoverInvalid,
  fanoutNoVerifier,
  inputsInvalid,
  limitsInvalid,
  loopNoCap,
  metaNotLiteral,
  mutatingParallel,
  parallelItem,
  phaseNotInMeta,
  promptFromDate,
  schemaContradiction,
  skillsInvalid,
  unknownGlobal,
  unknownOption,
];
