// `agentcube completion SHELL`: a script that makes a shell complete this command. What can follow is asked of the command itself
// (complete.ts), so that names of runtimes and sessions are those that there are.
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { nearest } from '../../model/nearest.ts';

const bash = `# agentcube completion for bash: source <(agentcube completion bash)
_agentcube() {
  local IFS=$'\\n'
  COMPREPLY=($(agentcube __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == */ ]] && compopt -o nospace
  return 0
}
complete -o default -F _agentcube agentcube
`;

const zsh = `#compdef agentcube
# agentcube completion for zsh: source <(agentcube completion zsh)
_agentcube() {
  local -a found
  found=("\${(@f)$(agentcube __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
if [[ "$funcstack[1]" == _agentcube ]]; then _agentcube "$@"; else compdef _agentcube agentcube; fi
`;

const fish = `# agentcube completion for fish: agentcube completion fish | source
function __agentcube_complete
  set -l words (commandline -opc) (commandline -ct)
  agentcube __complete $words[2..-1] 2>/dev/null
end
complete -c agentcube -a '(__agentcube_complete)'
`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };

export function define(command: Command, app: App): void {
  const shells = Object.keys(scripts);
  command.argument('<shell>', shells.join(', '));
  examples(command, ['source <(agentcube completion bash)', 'agentcube completion fish | source']);
  app.act<object>(command, async ({ words, out }) => {
    const [shell = ''] = words;
    const script = scripts[shell];
    if (script === undefined) {
      const meant = nearest(shell, shells);
      throw misused(
        `there is no completion for ${shell}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
        `there is for: ${shells.join(', ')}`,
      );
    }
    await out.raw(script);
  });
}
