import { z } from 'zod';
import type { Action } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import { answerOf } from './answer.js';
import { IN_SHORT, outputs } from './arguments.js';
import { createItem } from './create-item.js';
import { deleteItem } from './delete-item.js';
import { getItem } from './get-item.js';
import { getTotp } from './get-totp.js';
import { httpRequest } from './http-request.js';
import { lendItem } from './lend-item.js';
import { listVault } from './list-vault.js';
import { listVaults } from './list-vaults.js';
import { moveItem } from './move-item.js';
import { requestAccess } from './request-access.js';
import { runRecipe } from './run-recipe.js';
import { searchItems } from './search-items.js';
import type { Tool, ToolHints, View } from './tool.js';
import { restoreItem, trashItem } from './trash-item.js';
import { updateItem } from './update-item.js';
import { updateVault } from './update-vault.js';
import { whoami } from './whoami.js';

/** A tool with its input type closed over: `prepare` checks the arguments, `run` is what is left to do. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly action: Action;
  readonly hints: ToolHints;
  readonly needsReason: boolean;
  readonly asksUser: boolean;
  /** Checks the arguments strictly; throws `invalid_request` that names our fields and none of the values. */
  prepare(input: Readonly<Record<string, unknown>>): (view: View) => Promise<Readonly<Record<string, unknown>>>;
  inputSchema(): Readonly<Record<string, unknown>>;
  readonly output: Tool<unknown>['output'];
}

function close<Input>(tool: Tool<Input>): CatalogueEntry {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    action: tool.action,
    hints: tool.hints,
    output: tool.output,
    needsReason: tool.name !== 'whoami',
    asksUser: tool.asksUser === true,
    prepare(input) {
      refuseProto(input, tool.name);
      const parsed = tool.input.safeParse(input);
      if (!parsed.success) throw wrongArguments(tool.name, parsed.error);
      const { data } = parsed;
      return async (view) => answerOf(await tool.run(view, data), tool.named?.(data) ?? []);
    },
    inputSchema: () => z.toJSONSchema(tool.input, { io: 'input', override: ({ jsonSchema }) => leaveOut(jsonSchema) }),
  };
}

/** Bounds are checked, and told where they are broken; every model would read them with every list of tools. */
const UNLISTED = ['minimum', 'maximum', 'maxLength', 'maxItems', 'propertyNames'] as const;

function leaveOut(schema: z.core.JSONSchema.BaseSchema): void {
  for (const keyword of UNLISTED) Reflect.deleteProperty(schema, keyword);
  if (schema.additionalProperties === false) Reflect.deleteProperty(schema, 'additionalProperties');
  if (schema[IN_SHORT] === true) shorten(schema);
}

/** Leaves the parts of an object, or of the objects of a list, to the words that describe it. */
function shorten(schema: z.core.JSONSchema.BaseSchema): void {
  for (const keyword of [IN_SHORT, 'properties', 'required']) Reflect.deleteProperty(schema, keyword);
  if (schema.items !== undefined) schema.items = outputs.object;
}

/** A key that objects treat specially would be dropped without a word by the checks that follow. */
function refuseProto(value: unknown, tool: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__'))
    throw new Refusal('invalid_request', {
      message: `${tool} cannot take this: no argument or field in it may be called __proto__.`,
      next: 'Choose another name.',
    });
  for (const part of Object.values(value)) refuseProto(part, tool);
}

function wrongArguments(tool: string, error: z.ZodError): Refusal {
  const faults = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? '' : String(step)));
    const [top = ''] = path;
    if (issue.code === 'unrecognized_keys')
      return top === '' ? 'an argument is not known' : `${top} has a part that is not known`;
    return `${top === '' ? 'the arguments' : top}: ${wordsFor(issue)}`;
  });
  return new Refusal('invalid_request', {
    message: `${tool} cannot take this: ${[...new Set(faults)].join('; ')}.`,
    next: `Send the arguments that tools/list names for ${tool}, and no others.`,
  });
}

function wordsFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `${issue.expected} expected`;
  if (issue.code === 'too_big') return 'too large';
  if (issue.code === 'too_small') return 'too small';
  return issue.code === 'invalid_value' ? `one of ${issue.values.map(String).join(', ')} expected` : 'not valid';
}

/** Every tool there is. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  close(whoami),
  close(listVaults),
  close(listVault),
  close(searchItems),
  close(getItem),
  close(getTotp),
  close(createItem),
  close(updateItem),
  close(trashItem),
  close(restoreItem),
  close(moveItem),
  close(deleteItem),
  close(updateVault),
  close(httpRequest),
  close(runRecipe),
  close(requestAccess),
];

/** What commands of this process use secrets by. It is none of the catalogue: nothing that is called by name finds it. */
export const LENDING: CatalogueEntry = close(lendItem);

export function findTool(name: string): CatalogueEntry | undefined {
  return CATALOGUE.find((tool) => tool.name === name);
}

/** The name of the tool that does what an action is, or null. */
export function toolOf(action: string): string | null {
  return CATALOGUE.find((tool) => tool.action === action)?.name ?? null;
}
