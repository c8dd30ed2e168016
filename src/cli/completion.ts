/** `gatehouse completion`: the words of the command line, for the shell to complete. */
import { COMPLETIONS, type Completions } from './completion-words.ts';
import { suggestion } from '../config/nearest.ts';
import { type Command, UsageError } from './terminal.ts';

const SHELLS: Readonly<Record<string, (words: Completions) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const completion: Command = {
  usage: 'completion bash|zsh|fish  print what completes commands and options, for the shell to read',
  run([shell = '', ...rest], terminal) {
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined || rest.length > 0) {
      throw new UsageError(
        `completion takes one of bash, zsh and fish${shell === '' ? '' : `; ${suggestion(shell, Object.keys(SHELLS))}`}`,
      );
    }
    terminal.out(script(COMPLETIONS));
    return 0;
  },
};

function bashScript(commands: Completions): string {
  const cases = [...commands].map(([name, words]) => `    ${name}) words='${words.join(' ')}' ;;\n`).join('');
  return `# eval "$(gatehouse completion bash)"
_gatehouse() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases}    *) words='${[...commands.keys()].join(' ')}' ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words='${[...commands.keys()].join(' ')}'
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _gatehouse gatehouse
`;
}

function zshScript(commands: Completions): string {
  const cases = [...commands]
    .map(([name, words]) => `    ${name}) compadd -- ${words.join(' ')}; _files ;;\n`)
    .join('');
  return `#compdef gatehouse
# source <(gatehouse completion zsh)
_gatehouse() {
  if (( CURRENT == 2 )); then
    compadd -- ${[...commands.keys()].join(' ')}
    return
  fi
  case "\${words[2]}" in
${cases}  esac
}
compdef _gatehouse gatehouse
`;
}

function fishScript(commands: Completions): string {
  const first = `complete -c gatehouse -n __fish_use_subcommand -f -a '${[...commands.keys()].join(' ')}'\n`;
  const rest = [...commands].map(([name, words]) => {
    const seen = `complete -c gatehouse -n '__fish_seen_subcommand_from ${name}'`;
    return words.map((word) => `${seen} ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`}\n`).join('');
  });
  return `# gatehouse completion fish | source\n${first}${rest.join('')}`;
}
