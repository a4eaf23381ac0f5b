/** `item policy`: what the owner demands of an item, shown or changed. */
import { Option, type Command } from 'commander';
import { AUTH_FORMS } from '../../core/http-auth.js';
import type { HttpPolicyText } from '../../core/http-policy.js';
import { Refusal } from '../../core/refusal.js';
import type { ItemReference } from '../../gate/named.js';
import type { ItemRulesChange } from '../../gate/use-door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { addItemFlags, itemOf } from './item-naming.js';
import { addApprove, rulesRows } from './item-rules.js';
import { itemLine } from './item-text.js';
import type { PlaceFlags } from './naming.js';
import { collect } from './option-alias.js';

interface PolicyFlags extends PlaceFlags {
  readonly approve?: boolean;
  readonly decoy?: boolean;
  readonly httpHost?: readonly string[];
  readonly httpMethod?: readonly string[];
  readonly httpPath?: readonly string[];
  readonly httpAuth?: string;
  readonly httpAllowLoopback?: boolean;
  readonly httpAllowPrivate?: boolean;
  /** False with `--no-http`. */
  readonly http: boolean;
}

/** Adds the verb to the noun. */
export function registerPolicy(item: Command, run: Runner): void {
  const command = addApprove(addItemFlags(item.command('policy')))
    .description('your rules about an item: a word on each use, a decoy, where requests may carry it')
    .option('--decoy', 'it is false, and nobody should touch it')
    .option('--no-decoy', 'it is not');
  withExamples(addHttp(command), [
    'vouchsafe item policy CI/GitHub                            shows them',
    'vouchsafe item policy "Production/DB password" --approve',
    'vouchsafe item policy CI/GitHub --http-host api.github.com --http-auth bearer:key',
    'vouchsafe item policy CI/Jira --http-host jira.example.com --http-auth basic:username:password --http-method GET',
    'vouchsafe item policy CI/GitHub --no-http',
  ]).action(
    run((context, argument: string | undefined, flags: PolicyFlags) => policy(context, itemOf(flags, argument), flags)),
  );
}

function addHttp(command: Command): Command {
  const repeated = (flags: string, text: string): Option => new Option(flags, text).argParser(collect);
  return command
    .addOption(repeated('--http-host <host>', 'requests may carry it there: name, name:port or *.name; repeatable'))
    .addOption(repeated('--http-method <method>', 'with this method (GET and HEAD); repeatable'))
    .addOption(repeated('--http-path <glob>', 'to these paths: * within a part, ** across (/**); repeatable'))
    .option('--http-auth <form>', `how the credential goes in: ${AUTH_FORMS.join(', ')}`)
    .option('--http-allow-loopback', 'also to this machine, and there without TLS')
    .option('--http-allow-private', 'also to addresses of private networks')
    .option('--no-http', 'requests may no longer carry it');
}

async function policy(context: Context, reference: ItemReference, flags: PolicyFlags): Promise<void> {
  const change = changeOf(flags);
  const door = await context.owner();
  const item = await door.viewItem(reference, []);
  const found: ItemReference = { item: { by: 'id', text: item.id } };
  const isChange = Object.keys(change).length > 0;
  const rules = isChange ? await door.changeItemRules(found, change) : await door.itemRules(found);
  const lines = rulesRows(rules).map(([label, text]) => `${label.padEnd(12)}${text}`);
  context.out.say(rules, [`${isChange ? 'Changed: rules' : 'Rules'} of ${itemLine(item)}`, '', ...lines].join('\n'));
}

function changeOf(flags: PolicyFlags): ItemRulesChange {
  const { approve, decoy, http: hasHttp } = flags;
  const http = httpOf(flags);
  if (!hasHttp && http !== undefined)
    throw new Refusal('invalid_request', {
      message: '--no-http does not go with the other --http options.',
      next: 'Leave it out: the options replace what was there.',
    });
  return {
    ...(approve === undefined ? {} : { approve }),
    ...(decoy === undefined ? {} : { decoy }),
    ...(hasHttp ? {} : { http: null }),
    ...(http === undefined ? {} : { http }),
  };
}

/** The whole policy that the options say; undefined where there is none of them. */
function httpOf(flags: PolicyFlags): HttpPolicyText | undefined {
  const { httpHost: hosts = [], httpMethod: methods, httpPath: paths, httpAuth: auth } = flags;
  const { httpAllowLoopback: allowLoopback, httpAllowPrivate: allowPrivate } = flags;
  const isGiven = [methods, paths, auth, allowLoopback, allowPrivate].some((flag) => flag !== undefined);
  if (hosts.length === 0 && !isGiven) return undefined;
  if (hosts.length === 0 || auth === undefined) throw missing(hosts.length === 0, auth === undefined);
  return { hosts, auth, methods, paths, allowLoopback, allowPrivate };
}

function missing(isHost: boolean, isAuth: boolean): Refusal {
  const names = [...(isHost ? ['--http-host'] : []), ...(isAuth ? ['--http-auth'] : [])];
  return new Refusal('invalid_request', {
    message: `Where requests may carry it is said whole, and ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} missing.`,
    next: 'For example --http-host api.example.com --http-auth bearer:FIELD.',
  });
}
