/** What lint says about one place of a script. */
export interface Finding {
  /** Name of the rule, such as `AGENT_NOT_AWAITED`; stable. */
  code: string;
  /** `error`: it cannot work. `hint`: it often goes wrong. */
  severity: 'error' | 'hint';
  path: string;
  /** Both from 1. */
  line: number;
  column: number;
  /** What is wrong, and what to do. */
  message: string;
  /** The line, and a caret under the place. */
  excerpt: string;
}
