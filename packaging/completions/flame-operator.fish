# Completion of flame-operator for fish. The program itself knows its commands and flags; this only asks it.
#   flame-operator completion fish | source
function __flame_operator_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l offered ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
    if test "$offered[-1]" = :0
        # a file, behind a flag's name or not
        set -l flag (string match -r -- '^-[^=]*=' $typed)
        set -l path (string replace -r -- '^-[^=]*=' '' $typed)
        for file in (__fish_complete_path "$path")
            echo "$flag$file"
        end
    else
        printf '%s\n' $offered[1..-2]
    end
end
complete -c flame-operator -f -a '(__flame_operator_complete)'
complete -c kubectl-flame -f -a '(__flame_operator_complete)'
