/**
 * The scripts that a shell runs once. Each asks the program what may stand at the cursor, takes its lines as text alone
 * and evaluates none of them; input and errors of the program are kept from the terminal.
 */
import type { Shell } from './request.js';

const BASH = `# vouchsafe: completion for bash 3.2 and newer.
_vouchsafe() {
  local kind='' line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <(command vouchsafe complete bash -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
  case "$kind" in
    files) compopt -o default 2>/dev/null || while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2") ;;
    folders) compopt -o dirnames 2>/dev/null || while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2") ;;
  esac
}
complete -F _vouchsafe vouchsafe
`;

const ZSH = `#compdef vouchsafe
# vouchsafe: completion for zsh.
_vouchsafe() {
  local kind line
  local -a answer names shown
  answer=("\${(@f)$(command vouchsafe complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  kind=$answer[1]
  if [[ $kind == value || \${(Q)PREFIX} == --*=* ]]; then compset -P '*='; fi
  case $kind in
    files) _files ;;
    folders) _files -/ ;;
    words|value)
      for line in "\${(@)answer[2,-1]}"; do
        names+=("\${line%%$'\\t'*}")
        shown+=("\${\${line/$'\\t'/  -- }[1,COLUMNS-1]}")
      done
      if [[ "$answer" != *$'\\t'* ]]; then compadd -a -- names; else compadd -l -d shown -a -- names; fi
      ;;
  esac
}
if [[ $funcstack[1] == _vouchsafe ]]; then _vouchsafe "$@"; else compdef _vouchsafe vouchsafe; fi
`;

const FISH = `# vouchsafe: completion for fish 3.2 and newer.
function __vouchsafe_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l current (commandline -ct)
    set -l answer (command vouchsafe complete fish -- $before "$current" 2>/dev/null </dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
        case words value
            set -e answer[1]
            printf '%s\\n' $answer
    end
end
complete -c vouchsafe -e
complete -c vouchsafe -f -a '(__vouchsafe_complete)'
`;

const PWSH = `# vouchsafe: completion for PowerShell 7.3 and newer.
Register-ArgumentCompleter -Native -CommandName vouchsafe -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or ($_.Extent.EndOffset -eq $cursorPosition -and -not $wordToComplete) } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    $program = Get-Command vouchsafe -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if ($null -eq $program) { return }
    $arguments = @('complete', 'pwsh', '--') + $words + @($wordToComplete.Trim("'", '"'))
    $answer = @($null | & $program @arguments 2>$null)
    if ($answer.Count -lt 2 -or $answer[0] -notin 'words', 'value') { return }
    foreach ($line in $answer[1..($answer.Count - 1)]) {
        $text, $shown, $note = $line -split "\`t", 3
        if (-not $note) { $note = $shown }
        [System.Management.Automation.CompletionResult]::new($text, $shown, 'ParameterValue', $note)
    }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, pwsh: PWSH };

/** The script for a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
