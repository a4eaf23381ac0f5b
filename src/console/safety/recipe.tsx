/** Recipes: what tokens may run without seeing the secret, and whether each is still what was pinned. */
import { holeText } from '../../core/recipe.js';
import type { RecipeShape } from '../../core/rule-shapes.js';
import type { ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Badge, Card, Command, EmptyState, type Tone } from '../part.js';
import { Table } from '../table.js';

/** All of them. */
export async function showRecipes(c: ConsoleContext): Promise<Response> {
  const recipes = await c.get('door').listRecipes();
  return page(
    c,
    {
      title: 'Recipes',
      lead: 'Commands and requests that tokens may run without seeing the secret.',
      styles: ['safety.css'],
      parent: { href: '/safety', title: 'Safety' },
    },
    <Card title="All recipes" flush>
      {recipes.length === 0 ? (
        <EmptyState title="There is no recipe yet.">
          <p class="muted">A recipe puts a secret into one command that you wrote, and gives back what it printed.</p>
          <Command line="vouchsafe recipe create --help" />
        </EmptyState>
      ) : (
        <Table<RecipeShape>
          caption="Recipes"
          columns={[
            { title: 'Recipe', kind: 'main', cell: ({ name }) => name },
            { title: 'Vault', cell: ({ vault }) => vault.name },
            { title: 'Program', cell: (recipe) => <State recipe={recipe} /> },
            { title: 'Approval', cell: ({ approve }) => (approve ? 'each run' : <span class="muted">no</span>) },
            { title: 'For', cell: ({ tokens }) => tokens?.map(({ name }) => name).join(', ') ?? 'any token' },
            { title: 'Does', kind: 'wide', cell: (recipe) => <Does recipe={recipe} /> },
          ]}
          rows={recipes}
        />
      )}
    </Card>,
  );
}

type PinState = NonNullable<RecipeShape['command']>['state'];
const STATES: Readonly<Record<PinState, readonly [words: string, tone: Tone]>> = {
  current: ['as pinned', 'good'],
  changed: ['changed', 'bad'],
  missing: ['gone', 'bad'],
};

interface RecipeProps {
  readonly recipe: RecipeShape;
}

function State({ recipe: { command } }: RecipeProps) {
  if (command === undefined) return <span class="muted">a request</span>;
  const [words, tone] = STATES[command.state];
  return <Badge tone={tone}>{words}</Badge>;
}

function Does({ recipe: { name, description, command, request, holes } }: RecipeProps) {
  const does = command?.argv.join(' ') ?? (request === undefined ? '' : `${request.method} ${request.url}`);
  return (
    <>
      {description === '' ? null : <p>{description}</p>}
      <p>
        <code class="wrapped">{does}</code>
      </p>
      {Object.entries(holes).map(([hole, rule]) => (
        <p class="muted">
          {`{${hole}}`}: {holeText(rule)}
        </p>
      ))}
      {command?.state === 'changed' ? (
        <>
          <p>Nobody can run it until you pin the program as it is now:</p>
          <Command line={`vouchsafe recipe renew ${name}`} />
        </>
      ) : null}
    </>
  );
}
