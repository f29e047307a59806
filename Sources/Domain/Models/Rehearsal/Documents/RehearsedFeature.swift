/// What the rehearsal takes from a specification.
struct RehearsedFeature {
    struct Story {
        let number: Int
        let title: String
        let priority: String
    }

    struct Requirement {
        let id: String
        let text: String
    }

    let title: String
    let stories: [Story]
    let requirements: [Requirement]
    let entities: [String]
    /// For names of files: `login-page`.
    let slug: String
    private let name: String

    /// - Parameter name: The folder below `specs/`, such as `003-login-page`.
    init(_ specification: String, name: String) {
        let lines = RehearsalLines(specification)
        var title = ""
        var stories: [Story] = []
        var requirements: [Requirement] = []
        var entities: [String] = []
        var isInEntities = false
        for index in lines.lines.indices {
            let line = lines.lines[index]
            if let level = lines.level(index) {
                if level == 1, title.isEmpty { title = Self.value(after: ":", in: line) }
                isInEntities = line.lowercased().contains("key entities")
                if let story = Self.story(line), !stories.contains(where: { $0.number == story.number }) {
                    stories.append(story)
                }
            } else if let (id, text) = Self.definition(line) {
                if isInEntities {
                    entities.append(id)
                } else if Self.isRequirement(id), !requirements.contains(where: { $0.id == id }) {
                    requirements.append(Requirement(id: id, text: text))
                }
            }
        }
        self.title = title.isEmpty ? "New Feature" : title
        self.stories = Array(stories.prefix(8))
        self.requirements = requirements
        self.entities = Array(entities.prefix(6))
        self.name = name
        let slug = name.split(separator: "-").dropFirst().joined(separator: "-")
        self.slug = slug.isEmpty ? "feature" : slug
    }

    var branch: String { self.name }

    /// The ids that a story's tasks meet: all of them, spread over the stories.
    func requirements(of story: Int) -> [String] {
        let count = max(1, self.stories.count)
        return self.requirements.enumerated().filter { $0.offset % count == story }.map(\.element.id)
    }

    /// `### User Story 1 - Title (Priority: P1)`
    private static func story(_ line: Substring) -> Story? {
        let text = line.drop { $0 == "#" || $0 == " " }
        guard text.lowercased().hasPrefix("user story ") else { return nil }
        let rest = text.dropFirst("user story ".count)
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        var title = rest.dropFirst(digits.count).drop { " -–—:".contains($0) }
        var priority = "P\(number)"
        if let open = title.firstRange(of: "(Priority:") {
            let value = title[open.upperBound...].drop { $0 == " " }.prefix { $0 != ")" }
            if !value.isEmpty { priority = String(value) }
            title = title[..<open.lowerBound]
        }
        let words = title.split(separator: " ").joined(separator: " ")
        return Story(number: number, title: words.isEmpty ? "Main use" : words, priority: priority)
    }

    /// `- **FR-001**: text`
    private static func definition(_ line: Substring) -> (id: String, text: String)? {
        let item = line.drop { $0 == " " }
        guard item.hasPrefix("- **") || item.hasPrefix("* **") else { return nil }
        let rest = item.dropFirst(4)
        guard let end = rest.firstRange(of: "**") else { return nil }
        let id = rest[..<end.lowerBound].filter { $0 != ":" }
        return (String(id), String(rest[end.upperBound...].drop { $0 == ":" || $0 == " " }))
    }

    private static func isRequirement(_ id: String) -> Bool {
        let parts = id.split(separator: "-")
        return parts.count == 2 && parts[0].allSatisfy { $0.isASCII && $0.isUppercase } && parts[0] != "SC"
            && parts[1].allSatisfy(\.isNumber)
    }

    private static func value(after mark: Character, in line: Substring) -> String {
        let text = line.drop { $0 == "#" || $0 == " " }
        let value = text.firstIndex(of: mark).map { text[$0...].dropFirst() } ?? text
        return value.split(separator: " ").joined(separator: " ")
    }
}
