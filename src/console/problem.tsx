/** What a page says where it cannot be shown, in words; and what a script is told. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Refusal, type RefusalCode } from '../core/refusal.js';
import { newReference, reportFault } from '../gate/fault.js';
import type { ConsoleContext } from './area.js';
import { LonePage } from './document.js';
import { nextStep } from './next-step.js';
import { EmptyState } from './part.js';
import { html, page } from './page.js';

const STATUS: Readonly<Record<RefusalCode, ContentfulStatusCode>> = {
  unauthenticated: 401,
  locked: 401,
  reason_required: 422,
  invalid_request: 422,
  forbidden: 403,
  not_found: 404,
  ambiguous: 409,
  conflict: 409,
  limit_reached: 429,
  approval_required: 403,
  unavailable: 503,
  integrity: 500,
};

const TITLES: Partial<Readonly<Record<RefusalCode, string>>> = {
  not_found: 'Not found',
  forbidden: 'Not allowed',
  integrity: 'The safe does not verify',
  unavailable: 'Not available now',
};

interface Problem {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly next: string | undefined;
}

/** The HTTP status of a refusal. */
export function statusOf({ code }: Refusal): ContentfulStatusCode {
  return STATUS[code];
}

/** The answer to whatever was thrown. What is no refusal is a bug: it is told of on stderr, under a reference. */
export async function answerProblem(error: unknown, c: ConsoleContext): Promise<Response> {
  return answer(c, error instanceof Refusal ? refusalProblem(error) : bugProblem(error));
}

/** The answer where there is no such page. */
export async function answerNotFound(c: ConsoleContext): Promise<Response> {
  return answer(c, {
    status: 404,
    code: 'not_found',
    title: 'There is no such page',
    message: 'Nothing is at this address.',
    next: undefined,
  });
}

function refusalProblem(refusal: Refusal): Problem {
  const { code, message, facts } = refusal;
  return { status: STATUS[code], code, title: TITLES[code] ?? 'That was refused', message, next: nextStep(facts.next) };
}

function bugProblem(error: unknown): Problem {
  const ref = newReference();
  reportFault(ref, error);
  return {
    status: 500,
    code: 'unavailable',
    title: 'Something went wrong',
    message: `This is a fault of the console, and nothing that you did. Its reference is ${ref}.`,
    next: 'The terminal that the console runs in says more, under this reference.',
  };
}

async function answer(c: ConsoleContext, problem: Problem): Promise<Response> {
  const { status, code, title, message, next } = problem;
  if (/^application\/json\b/.test(c.req.header('accept') ?? '')) {
    return c.json({ error: { code, message, ...(next === undefined ? {} : { next }) } }, status);
  }
  if (isUnlocked(c)) {
    try {
      return await page(
        c,
        { title, status },
        <EmptyState title={message}>
          {next === undefined ? null : <p>{next}</p>}
          <p>
            <a class="button" href="/">
              To the overview
            </a>
          </p>
        </EmptyState>,
      );
    } catch (error) {
      // the page around it may fail as the page itself did
      reportFault(newReference(), error);
    }
  }
  return answerAlone(c, problem);
}

/** On a page of its own, which shows nothing of the safe. */
async function answerAlone(c: ConsoleContext, { status, title, message, next }: Problem): Promise<Response> {
  return html(
    c,
    <LonePage title={title} asset={c.get('site').asset}>
      <p>{message}</p>
      {next === undefined ? null : <p class="muted">{next}</p>}
    </LonePage>,
    status,
  );
}

function isUnlocked(c: ConsoleContext): boolean {
  return 'door' in c.var;
}
