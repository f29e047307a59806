internal import JSON

/// The lists of `words.json`.
enum RehearsalList {
    private static let lists = (try? JSON.parse(RehearsalPage.text("words.json"))) ?? .null

    static func items(_ name: String) -> [JSON] { self.lists[name]?.arrayValue ?? [] }

    static func strings(_ name: String) -> [String] { self.items(name).compactMap(\.stringValue) }

    static func pairs(_ name: String) -> [(String, String)] {
        self.items(name).map { ($0[0]?.stringValue ?? "", $0[1]?.stringValue ?? "") }
    }

    /// A list of single words.
    static func words(_ name: String) -> Set<String> {
        let lines = self.lists[name]?.stringValue.map { [$0] } ?? self.strings(name)
        return Set(lines.flatMap { $0.split(separator: " ").map(String.init) })
    }
}
