// node -- scripts/run.mjs [--no-build] FILE [ARG…]
// Sets the checkout up, then runs FILE under a Node that is new enough, with this terminal, and ends as it ends. The -- keeps
// Node from taking arguments that it knows too, such as --env-file, for its own.
import { root, run, setUp } from './setup.mjs';

const args = process.argv.slice(2);
const build = args[0] !== '--no-build';
if (!build) args.shift();

const node = await setUp({ build });
const { code, signal } = await run(node, ['--', ...args], { cwd: root, stdio: 'inherit' });
if (signal) process.kill(process.pid, signal);
process.exitCode = code ?? 1;
