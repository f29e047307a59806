/// Completions for zsh, made from the table of commands.
struct ZshCompletions {
    let table: CommandTable

    var script: String {
        """
        #compdef jetbridge
        # Completions of jetbridge for zsh. Made by: jetbridge completions zsh
        \(self.functions)
        if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
            _jetbridge "$@"
        else
            compdef _jetbridge jetbridge
        fi

        """
    }

    private var functions: String {
        self.table.paths.reversed().map { path in
            self.table.syntax(of: path).map(self.commandFunction) ?? self.groupFunction(path)
        }.joined(separator: "\n")
    }

    private func name(_ path: [String]) -> String { (["_jetbridge"] + path).joined(separator: "_") }

    /// Offers the next word, then hands over to that word's function.
    private func groupFunction(_ path: [String]) -> String {
        let words = self.table.words(after: path)
        let offers = words.map { "        \(Self.quoted("\($0):\(self.table.summary(of: path + [$0]))"))" }
        return """
            \(self.name(path))() {
                local context state state_descr line
                typeset -A opt_args
                _arguments -C \(self.optionArguments(path)) '1: :->command' '*:: :->arguments'
                case $state in
                command)
                    local -a commands=(
            \(offers.joined(separator: "\n"))
                    )
                    _describe command commands ;;
                arguments)
                    case $line[1] in
                    \(words.joined(separator: "|"))) \(self.name(path))_$line[1] ;;
                    esac ;;
                esac
            }
            """
    }

    private func commandFunction(_ syntax: CommandSyntax) -> String {
        let positionals = syntax.positionals.map { positional in
            let place = positional.isRepeated ? "*" : positional.isOptional ? ":" : ""
            return Self.quoted(
                "\(place):\(Self.escaped(positional.value.placeholder)):\(Self.action(positional.value))")
        }
        return """
            \(self.name(syntax.path))() {
                _arguments \(([self.optionArguments(syntax.path)] + positionals).joined(separator: " "))
            }
            """
    }

    private func optionArguments(_ path: [String]) -> String {
        self.table.options(at: path).map { option in
            let value = option.value.map { ":\(Self.escaped($0.placeholder)):\(Self.action($0))" } ?? ""
            return Self.quoted(
                "--\(option.name)\(option.value == nil ? "" : "=")[\(Self.escaped(option.help))]\(value)")
        }.joined(separator: " ")
    }

    private static func action(_ value: ValueSyntax) -> String {
        switch value {
        case .file: "_files"
        case .directory: "_files -/"
        case .choice(_, let words): "(\(words.joined(separator: " ")))"
        case .text: " "
        }
    }

    /// `_arguments` gives a meaning to these.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing(":", with: "\\:").replacing("[", with: "\\[").replacing(
            "]", with: "\\]")
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
