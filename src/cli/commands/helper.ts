/** `helper`: the credential-helper protocols of other programs, spoken as a token. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { ItemShape, ItemSummaryShape } from '../../core/shapes.js';
import { VERSION } from '../../gate/version.js';
import { cliOrigin } from '../access.js';
import { answeredRefusal, callForItem, callTool } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { answerAws } from '../helper/aws.js';
import { serveDocker } from '../helper/docker.js';
import { serveGit } from '../helper/git.js';
import type { ItemDoor, OfferedItem } from '../helper/lookup.js';
import type { Pipe } from '../helper/pipe.js';
import { withExamples } from '../help.js';

/** Adds `helper` to the program. */
export function register(program: Command, run: Runner): void {
  const helper = program.command('helper').description('give credentials to other programs, as a token');
  const git = helper.command('git <operation>').description('a credential helper of git: get, store, erase');
  withExamples(git, ["git config --global credential.helper '!vouchsafe helper git'"]).action(
    run(async (context, operation: string) => serveGit(operation, await doorOf(context, 'git'), standardPipe(context))),
  );
  const docker = helper
    .command('docker <action>')
    .description('a credential helper of Docker: get, list, store, erase');
  withExamples(docker, [
    'vouchsafe helper docker get    in a script docker-credential-vouchsafe: exec vouchsafe helper docker "$@"',
  ]).action(
    run(async (context, action: string) => {
      const door = await doorOf(context, 'docker');
      process.exitCode = await serveDocker({ action, door, version: VERSION }, standardPipe(context));
    }),
  );
  const aws = helper.command('aws <item>').description('a credential_process of the AWS CLI, from an api-key item');
  withExamples(aws, ['vouchsafe helper aws "AWS deploy"   in ~/.aws/config: credential_process']).action(
    run(async (context, item: string) => context.out.data(await answerAws(item, await doorOf(context, 'aws')))),
  );
}

function standardPipe({ out }: Context): Pipe {
  return {
    input: process.stdin as AsyncIterable<Uint8Array>,
    write: (text) => out.data(text),
    warn: (text) => out.note(text.replace(/\n$/, '')),
  };
}

type Token = Acting & { readonly kind: 'token' };

/** What a helper may ask, as the token that acts; the owner is nobody that a program speaks for. */
async function doorOf(context: Context, program: string): Promise<ItemDoor> {
  const acting = await context.acting();
  if (acting.kind === 'owner')
    throw new Refusal('unauthenticated', {
      message: 'A helper acts as a token, and there is none here.',
      next: 'Set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or use --token-file.',
    });
  return {
    search: async (url) => search(context, acting, { url }),
    tagged: async (tag) => (await search(context, acting, {})).filter(({ tags }) => tags.includes(tag)),
    find: async (item) => offered(await callForItem(context, acting, { tool: 'get_item', arguments: { item } })),
    read: async (item, fields) => read(context, acting, { item, fields, program }),
  };
}

/** All pages of a search. */
async function search(
  context: Context,
  acting: Token,
  asked: { readonly url?: string },
): Promise<readonly OfferedItem[]> {
  const found: OfferedItem[] = [];
  let cursor: string | undefined;
  do {
    const result = await callTool(context, acting, {
      tool: 'search_items',
      arguments: { ...asked, limit: 200, cursor },
    });
    const { items, next_cursor: next } = result as unknown as { items: ItemSummaryShape[]; next_cursor: string | null };
    found.push(...items.map(listed));
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** A row of a list; kinds of fields are not told there. */
function listed({ fields, ...row }: ItemSummaryShape): OfferedItem {
  return { ...row, fieldNames: fields.map((name) => ({ name, kind: 'text' })) };
}

function offered({ fields, ...item }: ItemShape): OfferedItem {
  const fieldNames = fields.map(({ section, name, kind }) => ({
    name,
    kind,
    ...(section === undefined ? {} : { section }),
  }));
  return { ...item, fieldNames };
}

async function read(
  context: Context,
  acting: Token,
  { item, fields, program }: { item: OfferedItem; fields: readonly string[]; program: string },
): Promise<ReadonlyMap<string, string>> {
  const { reason } = context.flags;
  const { client } = await cliOrigin();
  const use = { vault: item.vault, item: item.id, fields, codes: [], exposure: 'shown', purpose: `helper ${program}` };
  const answer = await acting.door.lend({ arguments: { ...use, ...(reason === undefined ? {} : { reason }) }, client });
  if (!answer.ok) throw answeredRefusal(answer.error, acting.problem);
  await answer.end(`given to ${program}`);
  return answer.lent;
}
