/// A server of tools that was tried in its jail: what `extensions add` writes into the configuration.
package struct VettedExtension: Sendable {
    package let name: String
    /// What it is, in one line.
    package let summary: String
    /// What else is known of it: what it costs, and what to change.
    package let notes: [String]
    /// The command that installs the program.
    package let install: String
    /// Its entry in `extensions`, from `- name:` on, without an indentation.
    package let entry: String

    /// The files `config/extensions/NAME.yaml`, by name.
    package static let all = ExtensionFiles.files.compactMap { Self($0.text) }

    /// Nil for a file that is not written like the others, which a test finds.
    init?(_ text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        let comments = lines.prefix { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
        guard let summary = comments.first,
            let install = lines.first(where: { $0.hasPrefix("install: ") }),
            let start = lines.firstIndex(of: "entry:")
        else { return nil }
        let entry = lines[(start + 1)...]
        guard let first = entry.first, first.hasPrefix("  name: "), entry.allSatisfy({ $0.hasPrefix("  ") }) else {
            return nil
        }
        self.name = String(first.dropFirst("  name: ".count))
        self.summary = summary
        self.notes = Array(comments.dropFirst())
        self.install = String(install.dropFirst("install: ".count))
        self.entry = "- " + entry.map { String($0.dropFirst(2)) }.joined(separator: "\n  ")
    }

    /// The configuration's text with the entry; nil where the text has `extensions` in a form that only a person can change.
    package func added(to text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let key = lines.firstIndex(where: { $0.hasPrefix("extensions:") }) else {
            let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
            return text + end + "extensions:\n" + self.entry(indented: "  ") + "\n"
        }
        let value = lines[key].dropFirst("extensions:".count).drop { $0 == " " }
        guard value.isEmpty || value.hasPrefix("#") else { return nil }
        let item = lines[(key + 1)...].first { line in
            !line.allSatisfy { $0 == " " } && !line.drop { $0 == " " }.hasPrefix("#")
        }
        let indent = item.flatMap { $0.drop { $0 == " " }.hasPrefix("- ") ? $0.prefix { $0 == " " } : nil } ?? "  "
        var result = lines
        result.insert(self.entry(indented: String(indent)), at: key + 1)
        return result.joined(separator: "\n")
    }

    private func entry(indented indent: String) -> String {
        self.entry.split(separator: "\n").map { indent + $0 }.joined(separator: "\n")
    }
}
