/** Next steps of refusals, in the console's words. */
import { expect, test } from 'vitest';
import { Faults } from '../../src/console/form.js';
import { nextStep } from '../../src/console/next-step.js';
import { Refusal } from '../../src/core/refusal.js';

test.each([
  ['vouchsafe audit verify', 'See Safety, Verify now.'],
  ['vouchsafe settings get notify.key', 'See Settings.'],
  ['Choose another name, or renew it: vouchsafe pat renew NAME', 'Choose another name, or renew it: Tokens, Renew.'],
  ['Look at it again: vouchsafe item view ITEM', 'Look at it again: its page.'],
])('%s', (next, shown) => {
  expect(nextStep(next)).toBe(shown);
});

test.each(['vouchsafe audit import-archive FILE', 'Choose another name.', 'vouchsafe pat list --all', undefined])(
  'what no page does stays as it is: %s',
  (next) => {
    expect(nextStep(next)).toBe(next);
  },
);

test('a form says the page', () => {
  const faults = new Faults();
  faults.take(new Refusal('conflict', { message: 'The token is not frozen.', next: 'vouchsafe pat list' }), 'token');
  expect(faults.at('token')).toBe('The token is not frozen. See Tokens.');
});
