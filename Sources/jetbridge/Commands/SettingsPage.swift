internal import Host

/// The manual page jetbridge.yaml(5): the example configuration, whose comments explain every setting. A block of it
/// between empty lines becomes a section.
enum SettingsPage {
    static var text: String {
        let example = ConfigurationTemplate.named(ConfigurationTemplate.standard)?.text ?? ""
        let blocks = example.split(separator: "\n", omittingEmptySubsequences: false).split(separator: "")
        var lines = [
            Roff.title("JETBRIDGE.YAML", section: 5), ".SH NAME",
            "jetbridge.yaml \\- configuration of Jetbridge", ".SH DESCRIPTION",
            Roff.text(
                """
                A YAML file. It is the one that --config or JETBRIDGE_CONFIG names, else the first that exists of \
                jetbridge.yaml in the current directory, $XDG_CONFIG_HOME/jetbridge/jetbridge.yaml and \
                /etc/jetbridge/jetbridge.yaml. A flag overrides a variable of the environment, which overrides the file.
                """), ".PP",
        ]
        // The first block is about the file as a whole.
        lines += (blocks.first ?? []).dropFirst().map { Self.comment($0) }
        lines.append(".SH SETTINGS")
        for block in blocks.dropFirst() { lines += Self.section(block) }
        lines += [".SH SEE ALSO", ".BR jetbridge (1),", ".BR jetbridge\\-config (1)"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// The comments before the first setting become text, the rest stays as it is.
    private static func section(_ block: ArraySlice<Substring>) -> [String] {
        let comments = block.prefix { $0.hasPrefix("# ") }
        let settings = block.dropFirst(comments.count)
        let title = settings.lazy.compactMap(Self.key).first ?? ""
        return [".SS \"\(Roff.text(title))\""] + comments.map { Self.comment($0) } + [".PP", ".nf"]
            + settings.map { Roff.text(String($0)) } + [".fi"]
    }

    private static func comment(_ line: Substring) -> String {
        Roff.text(String(line.drop { $0 == "#" || $0 == " " }))
    }

    /// The name of a setting that begins a line, also of a disabled one.
    private static func key(_ line: Substring) -> String? {
        let word = line.drop { $0 == "#" }.prefix { $0 != ":" }
        guard !word.isEmpty, word.allSatisfy({ $0.isLowercase || $0 == "_" }) else { return nil }
        return String(word)
    }
}
