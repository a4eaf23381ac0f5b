/** The timers that `backup --schedule` prints: what they run, whatever the paths look like. */
import { expect, test } from 'vitest';
import { scheduleText } from '../../src/cli/backup-schedule.js';

const schedule = {
  rhythm: 'weekly',
  folder: '/mnt/My "backups" 100%/$x',
  keep: 3,
  program: ['/usr/bin/node', '/opt/vouchsafe/bin/vouchsafe.js'],
  environment: { VOUCHSAFE_HOME: '/srv/safe of mine' },
} as const;

test('systemd is given the words as they are', () => {
  const text = scheduleText(schedule);
  expect(text).toContain(
    'ExecStart=/usr/bin/node /opt/vouchsafe/bin/vouchsafe.js backup --to "/mnt/My \\"backups\\" 100%%/$$x" --keep 3 --password-stdin',
  );
  expect(text).toContain('Environment="VOUCHSAFE_HOME=/srv/safe of mine"');
  expect(text).toContain('OnCalendar=weekly');
});

test('launchd is given a line for the shell', () => {
  const text = scheduleText(schedule);
  expect(text).toContain(
    "| VOUCHSAFE_HOME='/srv/safe of mine' /usr/bin/node /opt/vouchsafe/bin/vouchsafe.js backup --to '/mnt/My \"backups\" 100%/$x' --keep 3",
  );
  expect(text).toContain('<key>Weekday</key><integer>1</integer>');
});
