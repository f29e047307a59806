internal import Primitives

/// A commit, parsed.
struct HubCommit: Sendable, Hashable {
    struct Person: Sendable, Hashable {
        var name: String
        var email: String
        /// Seconds since 1970.
        var time: Int64

        var date: String { CivilTime(seconds: self.time).rfc3339Seconds }
    }

    let id: String
    var tree = ""
    var parents: [String] = []
    var author = Person(name: "", email: "", time: 0)
    var committer = Person(name: "", email: "", time: 0)
    var message = ""

    var headline: String { String(self.message.split(separator: "\n", maxSplits: 1).first ?? "") }

    init?(_ object: GitHubObject) {
        guard object.type == "commit" else { return nil }
        self.id = object.id
        let text = String(decoding: object.bytes, as: UTF8.self)
        let head = text.firstRange(of: "\n\n")
        if let head { self.message = String(text[head.upperBound...]) }
        while self.message.hasSuffix("\n") { self.message.removeLast() }
        for line in text[..<(head?.lowerBound ?? text.endIndex)].split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "tree": self.tree = String(parts[1])
            case "parent": self.parents.append(String(parts[1]))
            case "author": self.author = Self.person(parts[1])
            case "committer": self.committer = Self.person(parts[1])
            default: break
            }
        }
    }

    private static func person(_ line: Substring) -> Person {
        guard let open = line.firstIndex(of: "<"), let close = line.lastIndex(of: ">") else {
            return Person(name: String(line), email: "", time: 0)
        }
        let time = line[line.index(after: close)...].split(separator: " ").first.flatMap { Int64($0) }
        return Person(
            name: String(line[..<open]).trimmed, email: String(line[line.index(after: open)..<close]), time: time ?? 0)
    }
}
