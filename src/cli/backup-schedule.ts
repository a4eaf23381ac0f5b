/** What makes a backup again and again, for systemd (systemd.timer(5)) and launchd (launchd.plist(5)): text to install. */
import { escapeText } from '../core/text.js';

/** How often. */
export const RHYTHMS = ['hourly', 'daily', 'weekly'] as const;
export type Rhythm = (typeof RHYTHMS)[number];

export interface Schedule {
  readonly rhythm: Rhythm;
  /** The folder that the backups go to, absolute. */
  readonly folder: string;
  /** How many are kept there. */
  readonly keep: number;
  /** What runs the program: its absolute path, or that of Node and of the program. */
  readonly program: readonly string[];
  /** Where the safe is, if not at its usual place. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Both, with how to install each and where the password comes from. */
export function scheduleText(schedule: Schedule): string {
  return `${systemdText(schedule)}\n${launchdText(schedule)}`;
}

function commandOf({ program, folder, keep }: Schedule): readonly string[] {
  return [...program, 'backup', '--to', folder, '--keep', String(keep), '--password-stdin'];
}

function systemdText(schedule: Schedule): string {
  const { rhythm } = schedule;
  const places = Object.entries(schedule.environment);
  const environment = places.map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}\n`).join('');
  return `# --- systemd: ~/.config/systemd/user/vouchsafe-backup.service
# The master password is kept encrypted for this machine; make it once:
#   systemd-ask-password -n | systemd-creds encrypt --user --name=vouchsafe-password - ~/.config/vouchsafe-password.cred
[Unit]
Description=Backup of the Vouchsafe safe

[Service]
Type=oneshot
LoadCredentialEncrypted=vouchsafe-password:%h/.config/vouchsafe-password.cred
StandardInput=file:%d/vouchsafe-password
${environment}ExecStart=${commandOf(schedule).map(systemdWord).join(' ')}

# --- systemd: ~/.config/systemd/user/vouchsafe-backup.timer
# Then: systemctl --user daemon-reload && systemctl --user enable --now vouchsafe-backup.timer
[Unit]
Description=Backup of the Vouchsafe safe, ${rhythm}

[Timer]
OnCalendar=${rhythm}
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** A word of ExecStart (systemd.service(5), Command lines): its quotes, specifiers and variables mean themselves. */
function systemdWord(word: string): string {
  const text = escapeText(word)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return /^[\w./@:=+,%-]+$/.test(text) ? text : `"${text}"`;
}

const CALENDAR: Readonly<Record<Rhythm, Readonly<Record<string, number>>>> = {
  hourly: { Minute: 0 },
  daily: { Hour: 0, Minute: 0 },
  weekly: { Weekday: 1, Hour: 0, Minute: 0 },
};

function launchdText(schedule: Schedule): string {
  const { rhythm } = schedule;
  const places = Object.entries(schedule.environment).map(([name, value]) => `${name}=${shellWord(value)} `);
  const command = commandOf(schedule).map(shellWord).join(' ');
  const line = `/usr/bin/security find-generic-password -s vouchsafe -w | ${places.join('')}${command}`;
  const times = Object.entries(CALENDAR[rhythm]);
  return `<!-- launchd: ~/Library/LaunchAgents/dev.vouchsafe.backup.plist
     The master password is kept in the keychain; put it there once (it asks for it):
       security add-generic-password -s vouchsafe -a backup -w
     Then: launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/dev.vouchsafe.backup.plist -->
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>dev.vouchsafe.backup</string>
  <key>ProgramArguments</key>
  <array><string>/bin/sh</string><string>-c</string><string>${xmlText(line)}</string></array>
  <key>StartCalendarInterval</key>
  <dict>${times.map(([name, value]) => `<key>${name}</key><integer>${String(value)}</integer>`).join('')}</dict>
</dict>
</plist>
`;
}

function shellWord(word: string): string {
  return /^[\w./@:=+,%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
