# bash completion for gazettectl(8)
_gazettectl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= i
	local verbs="status topics subscribers deliveries retry explain hold release kill confirm-deletes
		nodes reload backup check store ledger who-has receipt recalls"

	case $prev in
	-c|-s)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--at|--substitute)
		return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c|-s|--at|--substitute) ((i++)) ;;
		-*) ;;
		*) verb=${COMP_WORDS[i]}; break ;;
		esac
	done
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "-c -s --json --at --substitute --version --help" -- "$cur")
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur")
	else
		case $verb in
		check|backup)
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		ledger)
			mapfile -t COMPREPLY < <(compgen -W verify -- "$cur") ;;
		subscribers)
			mapfile -t COMPREPLY < <(compgen -W "$(gazettectl topics 2>/dev/null |
				sed -n 's,^\(/[^ ]*\) .*,\1,p')" -- "$cur") ;;
		esac
	fi
}
complete -F _gazettectl gazettectl
