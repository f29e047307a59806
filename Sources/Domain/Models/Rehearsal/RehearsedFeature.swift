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
            } else if let match = line.firstMatch(of: /^ *[-*] \*\*(.*?)\*\*[: ]*(.*)$/) {
                let id = match.1.filter { $0 != ":" }
                if isInEntities {
                    self.entities.append(id)
                } else if id.wholeMatch(of: /(?!SC-)[A-Z]+-[0-9]+/) != nil,
                    !self.requirements.contains(where: { $0.id == id })
                {
                    self.requirements.append((id, String(match.2)))
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
        let form = /(?i:user story )([0-9]+)[ \-–—:]*(.*?)(?:\(Priority:(?: *([^)]+))?.*)?$/
        guard let match = heading.prefixMatch(of: form), let number = Int(match.1),
            !self.stories.contains(where: { $0.number == number })
        else { return }
        let title = match.2.split(separator: " ").joined(separator: " ")
        self.stories.append(
            Story(
                number: number, title: title.isEmpty ? "Main use" : title,
                priority: match.3.map(String.init) ?? "P\(number)"))
    }

    /// What stands after a colon, or all.
    private static func title(_ heading: Substring) -> String {
        let title = heading.firstIndex(of: ":").map { heading[$0...].dropFirst() } ?? heading
        return title.split(separator: " ").joined(separator: " ")
    }
}
