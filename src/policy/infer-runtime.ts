/** Who answers a node whose runtime is not named (EXEC-01 to EXEC-03): bamboo where a provider is, codex where type or action say so, else claude. */
export function inferRuntime(provider: string | null | undefined, agentType: string | undefined, action: string | undefined): string {
  if (provider) return 'bamboo';
  if (agentType?.toLowerCase().includes('codex') || ['start', 'execute', 'read', 'answer'].includes(action ?? '')) return 'codex';
  return 'claude';
}
