internal import Host

/// The manual page, jetbridge(1), from the same syntax as the help texts.
struct ManPage {
    let table: CommandTable

    var text: String {
        var lines = [
            ".TH JETBRIDGE 1 \"\" \"Jetbridge \(Release.version)\" \"User Commands\"",
            ".SH NAME", "jetbridge \\- \(Self.text(HelpText.summary))",
            ".SH SYNOPSIS", ".B jetbridge", ".I COMMAND", "[options]",
            ".SH COMMON OPTIONS",
        ]
        for option in CommandSyntax.programOptions { lines += Self.item(option.usage, option.help) }
        lines.append(".SH COMMANDS")
        for syntax in self.table.syntaxes { lines += Self.section(syntax) }
        for (title, items) in Self.references {
            lines.append(".SH \(title)")
            for (name, text) in items { lines += Self.item(name, text) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(_ syntax: CommandSyntax) -> [String] {
        var lines = [".SS \"\(self.text(syntax.usage))\"", self.text("\(syntax.summary).")]
        if !syntax.discussion.isEmpty {
            lines += [".PP"] + syntax.discussion.split(separator: "\n").map { self.text(String($0)) }
        }
        for positional in syntax.positionals { lines += self.item(positional.value.placeholder, positional.help) }
        for option in syntax.options { lines += self.item(option.usage, option.help) }
        if !syntax.examples.isEmpty {
            lines += [".PP", "Examples:", ".PP", ".nf"] + syntax.examples.map { "    " + self.text($0) } + [".fi"]
        }
        return lines
    }

    private static func item(_ name: String, _ text: String) -> [String] {
        [".TP", ".B \"\(self.text(name))\"", self.text(text)]
    }

    /// Text in which nothing is a request or an escape of roff, in ASCII. A hyphen would become a typographic one, which
    /// cannot be copied into a shell.
    private static func text(_ text: String) -> String {
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
    ]
}
