/// Completions for bash, made from the table of commands.
struct BashCompletions {
    let table: CommandTable

    var script: String {
        """
        # Completions of jetbridge for bash. Made by: jetbridge completions bash
        _jetbridge() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path='' words='' index
            for ((index = 1; index < COMP_CWORD; index++)); do
                case "$path ${COMP_WORDS[index]}" in
        \(self.steps)
                esac
            done
            case $previous in
        \(self.values)
            esac
            case $path in
        \(self.choices)
            esac
            COMPREPLY=($(compgen -W "$words" -- "$current"))
        }
        complete -F _jetbridge jetbridge

        """
    }

    /// How the typed words lead from one command path to the next.
    private var steps: String {
        self.table.paths.filter { !$0.isEmpty }.map { path in
            let before = path.dropLast().joined(separator: " ")
            return "        '\(before) \(path[path.count - 1])') path='\(path.joined(separator: " "))' ;;"
        }.joined(separator: "\n")
    }

    /// What may follow an option that takes a value.
    private var values: String {
        self.table.valueOptions.map { option in
            let reply =
                switch option.value {
                case .file: "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))"
                case .directory: "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"))"
                case .choice(_, let words):
                    "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
                case .text, nil: "COMPREPLY=()"
                }
            return "    --\(option.name)) \(reply); return ;;"
        }.joined(separator: "\n")
    }

    /// Commands, options and choices at each place.
    private var choices: String {
        self.table.paths.map { path in
            "    '\(path.joined(separator: " "))') words='\(self.table.completions(at: path).joined(separator: " "))' ;;"
        }.joined(separator: "\n")
    }
}
