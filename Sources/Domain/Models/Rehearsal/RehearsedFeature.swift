/// What the rehearsal takes from a specification.
struct RehearsedFeature {
    struct Story {
        let number: Int
        let title: String
        let priority: String
    }

    private(set) var title = "New Feature"
    private(set) var stories: [Story] = []
    private(set) var requirements: [(id: String, text: String)] = []
    private(set) var entities: [String] = []
    /// The folder below `specs/`, such as `003-login-page`.
    let name: String

    init(_ specification: String, name: String) {
        self.name = name
        let lines = RehearsalLines(specification)
        if let first = lines.headings(1).first(where: { !Self.title(lines.text($0)).isEmpty }) {
            self.title = Self.title(lines.text(first))
        }
        var isInEntities = false
        for index in lines.lines.indices {
            let line = lines.lines[index]
            if lines.level(index) != nil {
                isInEntities = line.lowercased().contains("key entities")
                self.addStory(lines.text(index))
            } else if let (found, text) = Self.entry(line) {
                let id = found.filter { $0 != ":" }
                if isInEntities {
                    self.entities.append(id)
                } else if Self.isOfRequirement(id), !self.requirements.contains(where: { $0.id == id }) {
                    self.requirements.append((id, String(text)))
                }
            }
        }
        self.stories = Array(self.stories.prefix(8))
        self.entities = Array(self.entities.prefix(6))
    }

    /// For names of files: `login-page`.
    var slug: String {
        let slug = self.name.split(separator: "-").dropFirst().joined(separator: "-")
        return slug.isEmpty ? "feature" : slug
    }

    /// The ids that a story's tasks meet: all of them, spread over the stories.
    func requirements(of story: Int) -> [String] {
        let count = max(1, self.stories.count)
        return self.requirements.enumerated().filter { $0.offset % count == story }.map(\.element.id)
    }

    /// `User Story 1 - Title (Priority: P1)`
    private mutating func addStory(_ heading: Substring) {
        let start = "user story "
        let rest = heading.dropFirst(start.count)
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard heading.prefix(start.count).lowercased() == start, let number = Int(digits),
            !self.stories.contains(where: { $0.number == number })
        else { return }
        let words = rest[digits.endIndex...].drop { " -–—:".contains($0) }
        let mark = words.firstRange(of: "(Priority:")
        let title = words[..<(mark?.lowerBound ?? words.endIndex)].split(separator: " ").joined(separator: " ")
        let priority = words[(mark?.upperBound ?? words.endIndex)...].drop { $0 == " " }.prefix { $0 != ")" }
        self.stories.append(
            Story(
                number: number, title: title.isEmpty ? "Main use" : title,
                priority: priority.isEmpty ? "P\(number)" : String(priority)))
    }

    /// `- **FR-001**: Text`
    private static func entry(_ line: Substring) -> (id: Substring, text: Substring)? {
        let line = line.drop { $0 == " " }
        guard line.hasPrefix("- ") || line.hasPrefix("* ") else { return nil }
        return self.afterID(line.dropFirst(2))
    }

    /// `**FR-001**: Text`
    static func afterID(_ text: Substring) -> (id: Substring, text: Substring)? {
        let id = text.dropFirst(2)
        guard text.hasPrefix("**"), let end = id.firstRange(of: "**") else { return nil }
        return (id[..<end.lowerBound], id[end.upperBound...].drop { $0 == ":" || $0 == " " })
    }

    /// `FR-001`, but not a success criterion.
    private static func isOfRequirement(_ id: String) -> Bool {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0] != "SC" && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCII) }
            && parts[0].allSatisfy(\.isUppercase) && parts[1].allSatisfy(\.isNumber)
    }

    /// What stands after a colon, or all.
    private static func title(_ heading: Substring) -> String {
        let title = heading.firstIndex(of: ":").map { heading[$0...].dropFirst() } ?? heading
        return title.split(separator: " ").joined(separator: " ")
    }
}
