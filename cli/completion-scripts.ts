/** Completion scripts for bash, zsh and fish. They need no server: commands, resources and flags only. */

export type Known = {
  readonly name: string
  readonly summary: string
  readonly flags: readonly string[]
  /** What the first argument can be. */
  readonly words: readonly string[]
}

export const SHELLS: Readonly<Record<string, (commands: readonly Known[]) => string>> = { bash, zsh, fish }

function bash(commands: readonly Known[]): string {
  const cases = commands.map(
    ({ name, flags, words }) => `    ${name}) words="${words.join(' ')}"; flags="${flags.join(' ')}" ;;`,
  )
  return `# bash completion for fulcrum
_fulcrum() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  [ "$COMP_CWORD" -gt 2 ] && words=""
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _fulcrum fulcrum
`
}

function zsh(commands: readonly Known[]): string {
  const descriptions = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`)
  const cases = commands.map(
    ({ name, flags, words }) => `    ${name}) words_=(${words.join(' ')}); flags=(${flags.join(' ')}) ;;`,
  )
  return `#compdef fulcrum
_fulcrum() {
  local -a commands words_ flags
  commands=(
${descriptions.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    compadd -- $flags
  elif (( CURRENT == 3 )) && (( \${#words_} )); then
    compadd -- $words_
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_fulcrum" ]; then _fulcrum "$@"; else compdef _fulcrum fulcrum; fi
`
}

function fish(commands: readonly Known[]): string {
  const lines = commands.flatMap(({ name, summary, flags, words }) => {
    const inside = `complete -c fulcrum -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c fulcrum -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...(words.length > 0 ? [`${inside} -f -a '${words.join(' ')}'`] : []),
      ...flags.map((flag) =>
        flag.startsWith('--') ? `${inside} -l ${flag.slice(2)}` : `${inside} -s ${flag.slice(1)}`,
      ),
    ]
  })
  return ['# fish completion for fulcrum', ...lines, ''].join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
