/** Names for roles that scripts of this kind share (INFO-03). Labels: they say who a node is, and change nothing about it. */
export const agentTypes: readonly { name: string; description: string }[] = [
  { name: 'odw-orchestrator', description: 'plans the work and splits it' },
  { name: 'odw-codex-coder', description: 'writes code; its name contains codex, so the node runs on that runtime' },
  { name: 'odw-researcher', description: 'reads and collects facts' },
  { name: 'odw-security-reviewer', description: 'looks for security bugs' },
  { name: 'odw-test-runner', description: 'runs tests and says what failed' },
  { name: 'odw-failure-analyst', description: 'finds the cause of a failure' },
  { name: 'odw-verifier', description: 'checks what another node found' },
  { name: 'odw-synthesizer', description: 'puts answers together' },
];
