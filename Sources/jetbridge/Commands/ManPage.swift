internal import Host

/// The manual pages of the commands, from the same syntax as the help texts.
struct ManPage {
    let table: CommandTable

    /// jetbridge(1), with all commands.
    var text: String {
        var lines = [
            Roff.title("JETBRIDGE", section: 1), ".SH NAME", "jetbridge \\- \(Roff.text(HelpText.summary))",
            ".SH SYNOPSIS", ".B jetbridge", ".I COMMAND", "[options]",
            ".SH COMMON OPTIONS",
        ]
        for option in CommandSyntax.programOptions { lines += Roff.item(option.usage, option.help) }
        lines.append(".SH COMMANDS")
        for syntax in self.table.syntaxes { lines += Self.section(syntax) }
        for (title, items) in Self.references {
            lines.append(".SH \(title)")
            for (name, text) in items { lines += Roff.item(name, text) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The pages as files: jetbridge(1), jetbridge-COMMAND(1) of each command and group, and jetbridge.yaml(5).
    var files: [(name: String, text: String)] {
        [("jetbridge.1", self.text)]
            + self.table.words(after: []).map { ("jetbridge-\($0).1", self.page(of: $0)) }
            + [("jetbridge.yaml.5", SettingsPage.text)]
    }

    private func page(of word: String) -> String {
        let syntaxes = self.table.syntaxes.filter { $0.path.first == word }
        var lines = [
            Roff.title("JETBRIDGE-\(word.uppercased())", section: 1), ".SH NAME",
            "\(Roff.text("jetbridge-\(word)")) \\- \(Roff.text(self.table.summary(of: [word])))", ".SH SYNOPSIS",
        ]
        for (index, syntax) in syntaxes.enumerated() {
            lines += (index == 0 ? [] : [".br"]) + [".B \"\(Roff.text(syntax.usage))\""]
        }
        lines.append(".SH DESCRIPTION")
        for syntax in syntaxes { lines += Self.section(syntax) }
        lines.append(".SH COMMON OPTIONS")
        for option in CommandSyntax.commonOptions { lines += Roff.item(option.usage, option.help) }
        lines += [".SH SEE ALSO", ".BR jetbridge (1),", ".BR jetbridge.yaml (5)"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(_ syntax: CommandSyntax) -> [String] {
        var lines = [".SS \"\(Roff.text(syntax.usage))\"", Roff.text("\(syntax.summary).")]
        if !syntax.discussion.isEmpty {
            lines += [".PP"] + syntax.discussion.split(separator: "\n").map { Roff.text(String($0)) }
        }
        for positional in syntax.positionals { lines += Roff.item(positional.value.placeholder, positional.help) }
        for option in syntax.options { lines += Roff.item(option.usage, option.help) }
        if !syntax.examples.isEmpty {
            lines += [".PP", "Examples:", ".PP", ".nf"] + syntax.examples.map { "    " + Roff.text($0) } + [".fi"]
        }
        return lines
    }

    private static let references: [(title: String, items: [(String, String)])] = [
        (
            "EXIT STATUS",
            [
                (ExitStatus.done, "Done."), (ExitStatus.failed, "Failed; one line on standard error says why."),
                (ExitStatus.usage, "Wrong usage."), (ExitStatus.configuration, "Wrong configuration."),
                (ExitStatus.interrupted, "Interrupted."),
            ].map { ("\($0.0.rawValue)", $0.1) }
        ),
        (
            "ENVIRONMENT",
            [
                ("JETBRIDGE_CONFIG", "The configuration file, unless --config names one."),
                ("JETBRIDGE_DATA_DIR", "The data directory, unless --data-dir names one."),
                ("JETBRIDGE_LISTEN", "The gateway's address; overrides gateway.listen."),
                ("JETBRIDGE_LOG_LEVEL", "Overrides log.level."),
                ("PROXY_PORT, COPILOT_TOKEN, JETBRIDGE_PROXY_UPSTREAM", "For 'jetbridge proxy'."),
                ("NO_COLOR, TERM", "With NO_COLOR, or TERM=dumb, output has no colours."),
                (
                    "NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS",
                    "Set by systemd for 'jetbridge serve', with the variables that belong to them."
                ),
            ]
        ),
        (
            "FILES",
            [
                (
                    "jetbridge.yaml, $XDG_CONFIG_HOME/jetbridge/jetbridge.yaml, /etc/jetbridge/jetbridge.yaml",
                    "The configuration, where the first that exists is read. 'jetbridge config template' prints one."
                ),
                ("$XDG_DATA_HOME/jetbridge", "The data directory by default."),
            ]
        ),
        (
            "NOTES",
            [
                (
                    "root",
                    """
                    Run by root, the commands except serve and proxy act as the user to whom the data directory belongs.
                    """
                )
            ]
        ),
    ]
}

/// Pieces of manual pages in the language of man(7).
enum Roff {
    static func title(_ name: String, section: Int) -> String {
        let kind = section == 1 ? "User Commands" : "File Formats"
        return ".TH \(self.text(name)) \(section) \"\" \"Jetbridge \(Release.version)\" \"\(kind)\""
    }

    static func item(_ name: String, _ text: String) -> [String] {
        [".TP", ".B \"\(self.text(name))\"", self.text(text)]
    }

    /// Text in which nothing is a request or an escape of roff, in ASCII. A hyphen would become a typographic one, which
    /// cannot be copied into a shell.
    static func text(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\\": return "\\e"
            case "-": return "\\-"
            case "\"": return "\\(dq"
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                return scalar.isASCII
                    ? String(scalar) : "\\[u\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex)]"
            }
        }.joined()
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}
