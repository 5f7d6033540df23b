/** Whether the sandbox is being activated right now. The constructor shim answers the SDK's promise hook by it. */
export const hookState = { inside: true };
