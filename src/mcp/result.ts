/** The only place that words what a client gets: the gate's answers and the listing of tools, in MCP's own forms. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/server';
import type { Answer, ToolListing } from '../gate/call.js';

/**
 * The answer as a tool's result: the same facts as structured content and as JSON text, since some clients show the
 * model only the one and some only the other. A refusal is a result with `isError`, never a protocol error.
 */
export function toolResult(answer: Answer): CallToolResult {
  const receipt = answer.receipt === null ? {} : { receipt: answer.receipt };
  const facts = answer.ok ? { ...answer.result, ...receipt } : { error: answer.error, ...receipt };
  return {
    content: [{ type: 'text', text: JSON.stringify(facts) }],
    structuredContent: facts,
    ...(answer.ok ? {} : { isError: true }),
  };
}

/** What is told where the gate itself failed, which it promises not to: nothing of the fault. */
export const FAILED: CallToolResult = toolResult({
  ok: false,
  error: {
    code: 'unavailable',
    message: 'Vouchsafe could not answer this call.',
    next: 'Try once more; if it fails again, tell the owner to look at what the server wrote to its error output.',
  },
  receipt: null,
});

/** The tool as `tools/list` shows it. */
export function listedTool(tool: ToolListing): Tool {
  const { inputSchema, outputSchema, annotations, ...rest } = tool;
  return {
    ...rest,
    inputSchema: { ...inputSchema, type: 'object' },
    outputSchema: { ...outputSchema, type: 'object' },
    annotations: { ...annotations },
  };
}
