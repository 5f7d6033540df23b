const names =
  'label phase schema schemaDescription outputDescription finalResponseDescription agentType nodeType role model effort runtime backendRuntime modelRuntime provider bambooProvider ' +
  'timeout timeoutMs permission session sessionName isolation worktreeBase id nodeId inputs skills estimateTokens action retry maxAttempts maxTurns limits autoAnswer gateway acpAgent ' +
  'mockAgentText mockValue mockTokens mockCost mockFail mockRetryable mockResolvedModel mockRefusal mockWriteFile mockDelayMs mockTurns';

/** The options of agent() that have an effect; any other is warned about (AGENT-19). types/odw.d.ts declares the same. */
export const agentOptionNames: ReadonlySet<string> = new Set(names.split(' '));
