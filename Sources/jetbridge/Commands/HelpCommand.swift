internal import Glibc
internal import Lifecycle

struct HelpCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "help", summary: "Show help for the program or a command",
        positionals: [
            PositionalSyntax(
                "command", .command("COMMAND"), isOptional: true, isRepeated: true,
                help: "A command's name, as in 'config check'.")
        ],
        options: [
            OptionSyntax("man", help: "Print the manual page of all commands, for man(1)."),
            OptionSyntax(
                "man-pages", .directory("DIR"),
                help: "Write all manual pages into this folder: of the program, of each command, of jetbridge.yaml."),
        ],
        examples: ["jetbridge help", "jetbridge help config check", "jetbridge help --man | man -l -"])

    func run(_ context: CommandContext) async throws {
        if let folder = context.arguments.value("man-pages") {
            try PrivateFile.makeFolder(folder)
            for page in ManPage(table: context.table).files {
                let path = "\(folder)/\(page.name)"
                try PrivateFile.write(Array(page.text.utf8), to: path)
                // Everybody may read a manual.
                chmod(path, 0o644)
            }
            return
        }
        if context.arguments.has("man") { return try context.output.write(ManPage(table: context.table).text) }
        // Parsed like a command line, so that typing errors get the same hints. The option comes first, so that nothing
        // runs and `--` cannot turn it into an argument.
        let words = ["--help"] + context.arguments.words("command")
        let table = await context.table.withPrograms(context.surroundings)
        let path: [String] =
            switch try ArgumentParser.parse(words, table: table) {
            case .help(let path): path
            case .run(let syntax, _): syntax.path
            }
        try context.output.write(HelpText(table: table, output: context.output).text(of: path))
    }
}

/// The help of the program, a group or a command.
struct HelpText {
    private static let width = 80
    static let summary = "a bot host: people talk to it where they already are"

    let table: CommandTable
    let output: Terminal

    func text(of path: [String]) -> String {
        self.table.syntax(of: path).map(self.commandText) ?? self.table.program(at: path).map(self.programText)
            ?? self.groupText(path)
    }

    private func programText(_ listed: ListedProgram) -> String {
        let name = listed.program.name
        let scopes = listed.manifest.map(\.scopes) ?? []
        let token = scopes.isEmpty ? "no token" : "a token with the scopes \(scopes.joined(separator: ", "))"
        return "\(listed.summary).\n\n"
            + self.wrapped(
                "A program on the path, \(listed.program.path), which gets \(token). 'jetbridge \(name) --help' shows its own "
                    + "help, if it has one.")
    }

    private func groupText(_ path: [String]) -> String {
        let name = (["jetbridge"] + path).joined(separator: " ")
        let summary =
            path.isEmpty
            ? "Jetbridge is \(Self.summary)." : self.table.summary(of: path) + "."
        let rows = self.table.words(after: path).map { ($0, self.table.summary(of: path + [$0])) }
        var text = "\(summary)\n\n\(self.heading("Usage:")) \(name) COMMAND [options]\n\n\(self.heading("Commands:"))\n"
        text += self.columns(rows)
        text +=
            "\n\(self.heading("Common options:"))\n"
            + self.columns(self.table.options(at: path).map { ($0.usage, $0.help) })
        text += "\nRun '\(name) COMMAND --help' for more about a command.\n"
        return text
    }

    private func commandText(_ syntax: CommandSyntax) -> String {
        var text = "\(syntax.summary).\n\n\(self.heading("Usage:")) \(syntax.usage)\n"
        if !syntax.discussion.isEmpty { text += "\n" + self.wrapped(syntax.discussion) }
        if !syntax.positionals.isEmpty {
            text +=
                "\n\(self.heading("Arguments:"))\n"
                + self.columns(syntax.positionals.map { ($0.value.placeholder, $0.help) })
        }
        text += "\n\(self.heading("Options:"))\n" + self.columns(syntax.allOptions.map { ($0.usage, $0.help) })
        if !syntax.examples.isEmpty {
            text += "\n\(self.heading("Examples:"))\n" + syntax.examples.map { "  \($0)\n" }.joined()
        }
        return text
    }

    private func heading(_ text: String) -> String { self.output.bold(text) }

    /// Two columns; wraps the right one.
    private func columns(_ rows: [(String, String)]) -> String {
        let left = min(28, rows.map(\.0.count).max() ?? 0)
        var text = ""
        for (name, help) in rows {
            let lines = Self.wrap(help, width: Self.width - left - 4)
            let isWide = name.count > left
            text += "  " + name + (isWide ? "\n" : "")
            for (index, line) in lines.enumerated() {
                let margin = index == 0 && !isWide ? left - name.count + 2 : left + 4
                text += String(repeating: " ", count: margin) + line + "\n"
            }
        }
        return text
    }

    private func wrapped(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "\n" : Self.wrap(String($0), width: Self.width).map { $0 + "\n" }.joined() }.joined()
    }

    private static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
