/// Completions for fish, made from the table of commands.
struct FishCompletions {
    let table: CommandTable

    var script: String {
        """
        # Completions of jetbridge for fish. Made by: jetbridge completions fish
        function __jetbridge_at
            # Whether the words typed so far, without options, are exactly these.
            set -l words
            for word in (commandline -opc)[2..-1]
                string match -q -- '-*' $word; or set -a words $word
            end
            test "$words" = "$argv"
        end
        complete -c jetbridge -f
        \(self.lines.joined(separator: "\n"))

        """
    }

    private var lines: [String] {
        self.table.paths.flatMap { path in
            let condition = "-n '__jetbridge_at \(path.joined(separator: " "))'"
            let words = self.table.words(after: path).map { word in
                "complete -c jetbridge \(condition) -a \(word) -d \(Self.quoted(self.table.summary(of: path + [word])))"
            }
            let choices = self.table.syntax(of: path)?.positionals.flatMap(\.value.choices) ?? []
            return words + choices.map { "complete -c jetbridge \(condition) -a \($0)" }
                + self.table.options(at: path).map { self.option($0, path: path) }
        }
    }

    /// An option may follow the arguments too, so its condition looks at the command only.
    private func option(_ option: OptionSyntax, path: [String]) -> String {
        let seen = path.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
        let condition = path.isEmpty ? "" : " -n '\(seen)'"
        let value =
            switch option.value {
            case .file: " -r -F"
            case .directory: " -x -a '(__fish_complete_directories)'"
            case .choice(_, let words): " -x -a '\(words.joined(separator: " "))'"
            case .text: " -x"
            case nil: ""
            }
        return "complete -c jetbridge\(condition) -l \(option.name)\(value) -d \(Self.quoted(option.help))"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
