# Completion of flame-operator for bash. The program itself knows its commands and flags; this only asks it.
#   source <(flame-operator completion bash)
_flame_operator() {
    local typed words line last before
    # COMP_WORDS is cut at '=' and ':' too, which the program's own words are not.
    read -r -a words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=('')
    typed=${words[-1]}
    # What readline replaces begins behind the last of them.
    before=${typed%"${typed##*[=:]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :* ]]; then
            last=$line
        else
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$before"}")
        fi
    done < <("${COMP_WORDS[0]}" __complete "${words[@]:1}" 2>/dev/null)
    # `complete -o default` offers files where nothing else is offered.
    [[ $last == :0 ]] || compopt +o default
}
complete -o default -F _flame_operator flame-operator kubectl-flame
