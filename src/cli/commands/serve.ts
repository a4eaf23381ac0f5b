/** `vouchsafe serve`: one safe for many agents, over HTTP. */
import { existsSync, readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { type Network, readNetwork } from '../../core/network.js';
import { readQuota } from '../../core/limits.js';
import { Refusal } from '../../core/refusal.js';
import type { RunningConsole } from '../console-server.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { printOnEnter, startConsole } from './console.js';
import { readListen } from '../listen-address.js';
import { type HttpServerOptions, type ListenPlace, loadHttpServer, type Rate } from '../http-server.js';

interface Flags {
  readonly listen?: readonly string[];
  readonly socket?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly host?: readonly string[];
  readonly origin?: readonly string[];
  readonly behindProxy?: readonly string[];
  readonly tokenRate: string;
  readonly addressRate: string;
  readonly metricsFrom?: readonly string[];
  readonly oauthMetadata?: string;
  readonly console?: string;
  readonly logLevel: 'error' | 'warn' | 'info';
}

const HELP = `
It listens at 127.0.0.1:7777 where neither --listen nor --socket says otherwise,
and the MCP endpoint is /mcp. A token comes with each request, as Authorization:
Bearer. The server holds nothing that opens the safe: each token opens what was
granted to it, and each access is in the log before its answer leaves.

With --console, the link to the console is printed too. It works once; on a
terminal, Enter prints a new one.

SIGTERM and Ctrl-C end it; running calls finish first. SIGHUP reads the
certificate again.`;

/** Adds `serve` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('serve')
    .description('the MCP server over HTTP, for many agents')
    .option('--listen <address:port...>', 'where to listen; repeatable (127.0.0.1:7777)')
    .option('--socket <path...>', 'a Unix socket to listen at, mode 0660; repeatable')
    .option('--tls-cert <file>', 'the certificate with its chain, PEM; needed for other addresses than 127.0.0.1')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--behind-proxy <address...>', 'proxies that stand in front, as addresses or ranges, or unix; repeatable')
    .option('--host <name...>', 'a name under which the server is asked for; repeatable')
    .option('--origin <url...>', 'an origin whose pages may ask; repeatable')
    .option('--token-rate <n/time>', 'requests of one token', '60000/1min')
    .option('--address-rate <n/time>', 'requests from one address', '120000/1min')
    .option('--metrics-from <range...>', 'who besides this machine may read /metrics; repeatable')
    .option('--oauth-metadata <url>', 'publish OAuth metadata, for this URL of the server')
    .option('--console <address:port>', 'your console beside it, on this machine alone, as `vouchsafe console` has it')
    .addOption(
      new Option('--log-level <level>', 'what is told on stderr').choices(['error', 'warn', 'info']).default('info'),
    )
    .addHelpText('after', HELP);
  withExamples(command, [
    'vouchsafe serve',
    'vouchsafe serve --socket /run/vouchsafe/mcp.sock',
    'vouchsafe serve --console 127.0.0.1:7778',
    'vouchsafe serve --listen 0.0.0.0:7777 --tls-cert cert.pem --tls-key key.pem --host safe.example.com',
  ]).action(run(serve));
}

async function serve(context: Context, flags: Flags): Promise<void> {
  const { places, env, out } = context;
  const options = optionsOf(flags, env);
  const serveHttp = await loadHttpServer();
  // on a listener of its own, so that no agent reaches it where agents are served
  const console = flags.console === undefined ? null : await startConsole(context, '--console', flags.console);
  await serveHttp(places, {
    options,
    logLevel: flags.logLevel,
    onListening: (listening) => {
      for (const place of listening) out.note(`Listening at ${place}`);
      if (console !== null) showLink(context, console);
    },
  });
}

function showLink(context: Context, console: RunningConsole): void {
  const { out, input } = context;
  const print = (link: string): void => out.note(`Console: ${link}`);
  print(console.newLink());
  const forget = printOnEnter(console, print, input.isInteractive);
  context.onEnd(() => {
    forget();
    return Promise.resolve();
  });
}

function optionsOf(flags: Flags, env: NodeJS.ProcessEnv): HttpServerOptions {
  return {
    places: placesOf(flags, env),
    certificate: certificateOf(flags),
    hosts: (flags.host ?? []).map((name) => readHost(name)),
    origins: (flags.origin ?? []).map((url) => readOrigin(url)),
    proxies: proxiesOf(flags.behindProxy ?? []),
    tokenRate: readRate('--token-rate', flags.tokenRate),
    addressRate: readRate('--address-rate', flags.addressRate),
    metricsFrom: (flags.metricsFrom ?? []).map((text) => readNetwork('--metrics-from', text)),
    metadataFor: flags.oauthMetadata === undefined ? null : readUrl('--oauth-metadata', flags.oauthMetadata),
  };
}

const DEFAULT_PLACE: ListenPlace = { kind: 'tcp', host: '127.0.0.1', port: 7777 };

function placesOf({ listen = [], socket = [] }: Flags, env: NodeJS.ProcessEnv): readonly ListenPlace[] {
  const sockets = socket.map((path): ListenPlace => ({ kind: 'unix', path }));
  const said = [
    ...listen.map((text): ListenPlace => ({ kind: 'tcp', ...readListen('--listen', text, '7777') })),
    ...sockets,
  ];
  if (said.length > 0) return said;
  const inherited = inheritedSockets(env);
  return inherited.length > 0 ? inherited : [DEFAULT_PLACE];
}

/** The first one that systemd hands over (sd_listen_fds(3)). */
const FIRST_FD = 3;

function inheritedSockets(env: NodeJS.ProcessEnv): readonly ListenPlace[] {
  if (env['LISTEN_PID'] !== String(process.pid)) return [];
  const count = Number(env['LISTEN_FDS'] ?? 0);
  return Array.from({ length: count }, (_, n): ListenPlace => ({ kind: 'fd', fd: FIRST_FD + n }));
}

function certificateOf({ tlsCert, tlsKey }: Flags): HttpServerOptions['certificate'] {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new Refusal('invalid_request', {
      message: 'A certificate and its key belong together.',
      next: 'Give both: --tls-cert FILE --tls-key FILE',
    });
  return () => ({ cert: readPem('--tls-cert', tlsCert), key: readPem('--tls-key', tlsKey) });
}

function readPem(option: string, path: string): string {
  if (!existsSync(path))
    throw new Refusal('not_found', {
      message: `The file of ${option} is not there.`,
      next: `Give a PEM file: ${option} FILE`,
    });
  const text = readFileSync(path, 'utf8');
  if (text.includes('-----BEGIN ')) return text;
  throw new Refusal('invalid_request', {
    message: `The file of ${option} is no PEM.`,
    next: `Give a PEM file: ${option} FILE`,
  });
}

function readHost(name: string): string {
  if (URL.canParse(`http://${name}`) && /^[0-9a-z.-]+$|^\[[0-9a-f:]+\]$/i.test(name))
    return new URL(`http://${name}`).hostname;
  throw new Refusal('invalid_request', {
    message: '--host takes a name, without a port.',
    next: 'For example --host safe.example.com',
  });
}

function readOrigin(url: string): string {
  return new URL(readUrl('--origin', url)).origin;
}

function readUrl(option: string, url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/$/, '');
  throw new Refusal('invalid_request', {
    message: `${option} takes a URL.`,
    next: `For example ${option} https://safe.example.com`,
  });
}

function proxiesOf(named: readonly string[]): HttpServerOptions['proxies'] {
  const addresses = named.flatMap((text) => text.split(',')).map((text) => text.trim());
  const networks: readonly Network[] = addresses
    .filter((text) => text !== 'unix')
    .map((text) => readNetwork('--behind-proxy', text));
  return { networks, unix: addresses.includes('unix') };
}

function readRate(option: string, text: string): Rate {
  const { count, windowMs } = readQuota(option, text);
  return { count, windowMs };
}
