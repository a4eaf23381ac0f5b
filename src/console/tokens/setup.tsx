/** How an agent is given its token and its instructions, client by client. */
import type { GrantShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Card, Command, Copy } from '../part.js';
import type { ClientSetup, Ports } from '../ports.js';
import { pathOf, referenceOf, STYLES } from './named.js';

interface SetupProps {
  readonly ports: Ports;
  readonly name: string;
  readonly grants: readonly GrantShape[];
}

/** The instructions to copy, and for each client what sets it up. No token is in any of it. */
export function AgentSetup({ ports, name, grants }: SetupProps) {
  const { formats } = ports.instructions;
  const [usual = ''] = formats;
  const text = (format: string): string => ports.instructions.text({ token: { name }, grants }, format);
  return (
    <>
      <Card title="Instructions for the agent">
        <p>Copy them and send them to your agent. They say what it can reach and how to ask, and hold no secret.</p>
        <Copy text={text(usual)} what="the instructions" long />
      </Card>
      <Card title="Set up a client">
        <p>
          In a terminal, unlock with <code>eval "$(vouchsafe unlock)"</code>, run the command of the client, paste the
          token, which stays invisible, and press Enter. Or do it by hand.
        </p>
        <div class="folds">
          {ports.setups(name).map((setup) => (
            <Client setup={setup} text={text(setup.instructionFormat)} />
          ))}
        </div>
      </Card>
    </>
  );
}

/** In bash and zsh: the token is neither on the screen nor among the commands that the shell remembers. */
const ASKS_FOR_TOKEN = `(read -rs token; printf %s "$token")`;

function Client({ setup, text }: { readonly setup: ClientSetup; readonly text: string }) {
  const { title, command, configuration, configurationFile, tokenFile, paste, next } = setup;
  return (
    <details class="fold">
      <summary>{title}</summary>
      <div class="fold-body">
        <Command line={`${ASKS_FOR_TOKEN} | ${command}`} />
        <p>
          Then <Words text={next} />.
        </p>
        <h3>Its instructions</h3>
        <p class="muted">They belong in {paste}.</p>
        <Copy text={text} what={`the instructions for ${title}`} long />
        <h3>By hand</h3>
        <p class="muted">
          Put the token alone into <code>{tokenFile}</code>, readable by you alone, and this into{' '}
          <code>{configurationFile}</code>:
        </p>
        <Copy text={configuration} what={`the configuration for ${title}`} long />
      </div>
    </details>
  );
}

/** Text in which what is typed stands between backticks. */
function Words({ text }: { readonly text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 0 ? part : <code>{part}</code>))}</>;
}

/** The page with the same for a token that is there already. */
export async function showSetup(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const token = await door.findToken(referenceOf(c));
  const grants = await door.listAccess(referenceOf(c));
  return page(
    c,
    {
      title: `Set up ${token.name}`,
      lead: 'The token itself is shown only once, when it is made or renewed.',
      parent: { href: pathOf(token.id), title: token.name },
      styles: STYLES,
    },
    <AgentSetup ports={c.get('site').ports} name={token.name} grants={grants} />,
  );
}
