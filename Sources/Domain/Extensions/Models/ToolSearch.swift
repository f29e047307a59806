internal import JSON
internal import Primitives

/// The search behind `NAME__find`.
extension ExtensionCatalog {
    /// Tools and bytes of an answer.
    private static let foundLimit = 8
    private static let foundBytes = 12 << 10
    private static let wordLimit = 12

    /// The hidden tools that fit best, with their arguments, as text for the model; for `*` or nothing, the names of all.
    package func found(_ query: String, in server: String) -> String {
        let tools = self.hidden[server] ?? []
        let call = ExtensionNames.own(.call, of: server)
        let words = Self.words(query)
        guard !words.isEmpty else { return Self.names(tools, "All tools of \(server)") }
        let ranked = Self.ranked(tools, by: words)
        guard !ranked.isEmpty else { return Self.names(tools, "No tool of \(server) fits. It has") }
        var text = "Call one by \(call), with its name and arguments.\n"
        var rest = ranked[...]
        for tool in ranked.prefix(Self.foundLimit) {
            let part = "\n\(tool.shownName): \(tool.description)\nArguments: \(tool.parameters.text)\n"
            // The best one is always shown: its schema has a limit of its own.
            guard rest.count == ranked.count || text.utf8.count + part.utf8.count <= Self.foundBytes else { break }
            text += part
            rest = rest.dropFirst()
        }
        return rest.isEmpty ? text : text + "\n" + Self.names(Array(rest), "Less fitting")
    }

    private static func names(_ tools: [ToolOffer], _ title: String) -> String {
        "\(title): " + tools.map(\.shownName).joined(separator: ", ").beginning(bytes: self.foundBytes)
    }

    /// Those that have a word, best first: a word of the name counts four times as much as one of the description.
    private static func ranked(_ tools: [ToolOffer], by words: [String]) -> [ToolOffer] {
        let searches = words.map(WordSearch.init)
        let scored = tools.map { tool -> (score: Int, tool: ToolOffer) in
            let name = Array(tool.shownName.dropFirst(tool.server.count + 2).lowercased().utf8)
            let description = Array(tool.description.lowercased().utf8)
            let score = searches.reduce(0) { score, search in
                if search.firstPlace(in: name) != nil { return score + 4 }
                return search.firstPlace(in: description) != nil ? score + 1 : score
            }
            return (score, tool)
        }
        return scored.filter { $0.score > 0 }
            .sorted { ($1.score, $0.tool.shownName) < ($0.score, $1.tool.shownName) }.map(\.tool)
    }

    private static func words(_ query: String) -> [String] {
        let words = query.beginning(bytes: 1_000).lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return Array(words.prefix(self.wordLimit))
    }
}
