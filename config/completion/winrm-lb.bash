# Completion of winrm-lb for bash. Made by `winrm-lb completion bash`.
_winrm_lb() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= one
  local options= words= files=
  COMPREPLY=()
  for one in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case $one in -*) ;; *) command=$one; break ;; esac
  done
  case $command in
    '')
      words='run check reload log-level version status clients shells sessions explain plan top drain ready maintenance weight kick pin forget completion manual'
      options='-h --help --version'
      ;;
    run)
      case $previous in -c|--config) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      options='-h --help -c --config --print-ports'
      ;;
    check)
      options='-h --help --print --probe --json'
      files=yes
      ;;
    reload)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      options='-h --help --socket --json'
      ;;
    log-level)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      options='-h --help --socket --json'
      words='trace debug info warn error'
      ;;
    version)
      options='-h --help'
      ;;
    status)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      options='-h --help --socket --json'
      ;;
    clients)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool|--server|--limit|--after) return ;; esac
      options='-h --help --socket --json --pool --server --limit --after'
      ;;
    shells)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --client|--server|--pool|--limit|--after) return ;; esac
      options='-h --help --socket --json --client --server --pool --limit --after'
      ;;
    sessions)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --client|--server|--pool|--limit|--after|--session) return ;; esac
      options='-h --help --socket --json --client --server --pool --limit --after --session'
      ;;
    explain)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --client|--session|--shell|--pool|--listener|--sni|--host|--path|--resource|--user) return ;; esac
      options='-h --help --socket --json --client --session --shell --pool --listener --sni --host --path --resource --user --create'
      ;;
    plan)
      case $previous in --socket|-c|--config) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      options='-h --help --socket --json -c --config'
      ;;
    top)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      options='-h --help --socket --json'
      ;;
    drain)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool|--deadline) return ;; esac
      options='-h --help --socket --json --pool --wait --deadline'
      ;;
    ready)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool) return ;; esac
      options='-h --help --socket --json --pool'
      ;;
    maintenance)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool) return ;; esac
      options='-h --help --socket --json --pool'
      ;;
    weight)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool) return ;; esac
      options='-h --help --socket --json --pool'
      ;;
    kick)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --client|--server|--pool|--session) return ;; esac
      options='-h --help --socket --json --client --server --pool --session --now'
      ;;
    pin)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool) return ;; esac
      options='-h --help --socket --json --pool'
      ;;
    forget)
      case $previous in --socket) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
      case $previous in --pool) return ;; esac
      options='-h --help --socket --json --pool'
      ;;
    completion)
      options='-h --help'
      words='bash'
      ;;
    manual)
      options='-h --help'
      words='program configuration'
      ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$word"))
      [ -z "$files" ] || COMPREPLY+=($(compgen -f -- "$word"))
      ;;
  esac
}
complete -F _winrm_lb winrm-lb
