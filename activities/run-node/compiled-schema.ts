import type { NodeRequest } from '../../schemas/node.ts';
import type { CompiledSchema } from '../../src/schema/compile.ts';

/** The compiled schema of a node. The compiler is loaded only for nodes that have a schema: it costs start-up time. */
export async function compiledSchema(request: NodeRequest): Promise<CompiledSchema | undefined> {
  if (!request.schema) return undefined;
  const { validatorFor } = await import('./validator.ts');
  return validatorFor(request.schema.json);
}
