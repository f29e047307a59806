internal import Primitives
internal import YAML

/// Instructions for one kind of work that people have written down: a folder with a file `SKILL.md`, whose front matter has
/// a name and a description (the format of agentskills.io).
package struct Skill: Sendable, Equatable {
    /// The file in a skill's folder.
    package static let file = "SKILL.md"
    /// Bytes of that file, and of one beside it.
    package static let fileLimit = 64 << 10
    /// The most skills of one place, and files beside one's text.
    package static let most = 50
    package static let mostFiles = 20

    package let name: String
    /// What it is for, on one line.
    package let description: String
    /// The whole file.
    package let text: String
    /// Where a repository has it; nil for one of the host.
    package let folder: String?
    /// With one of the host: the other files of its folder, by name.
    package let files: [String: String]

    /// Nil for a text that no front matter describes.
    ///
    /// - Parameter home: The folder's name, which is the skill's if the front matter names none.
    package init?(_ text: String, home: String, folder: String?, files: [String: String] = [:]) {
        let lines = text.split(separator: "\n", maxSplits: 200, omittingEmptySubsequences: false)
        guard lines.first?.trimmed == "---",
            let end = lines.dropFirst().firstIndex(where: { $0.trimmed == "---" }),
            let head = try? YAML.parse(Array(lines[1..<end].joined(separator: "\n").utf8)),
            let description = head["description"]?.stringValue
        else { return nil }
        let line = VisibleText.line(description)
        let name = VisibleText.line((head["name"]?.stringValue ?? home).beginning(bytes: 256)).trimmed
        guard !line.trimmed.isEmpty, !name.isEmpty else { return nil }
        self.name = String(name.prefix(64))
        self.description = line.count > 1_024 ? String(line.prefix(1_023)) + "…" : line
        self.text = text
        self.folder = folder
        self.files = files
    }
}
