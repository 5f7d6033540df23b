const names =
  'label phase schema schemaDescription outputDescription finalResponseDescription agentType nodeType role model effort runtime backendRuntime modelRuntime provider bambooProvider ' +
  'timeout timeoutMs permission session sessionName isolation worktreeBase id nodeId action retry maxAttempts autoAnswer gateway acpAgent ' +
  'mockAgentText mockValue mockTokens mockFail mockRetryable mockResolvedModel mockWriteFile mockDelayMs';

/** The options of agent() that have an effect; any other is warned about (AGENT-19). types/odw.d.ts declares the same. */
export const agentOptionNames: ReadonlySet<string> = new Set(names.split(' '));

/** Options that are taken without a warning though they have no effect: written for other tools. */
export const toleratedOptionNames: ReadonlySet<string> = new Set(['estimateTokens']);
