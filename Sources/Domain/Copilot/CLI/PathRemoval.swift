/// Removes paths of this machine from texts that may appear in a thread. Pure.
enum PathRemoval {
    /// Shortens each absolute path to its last part: `…/index.js`. URLs stay, except those of files.
    static func withoutPaths(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let slash = rest.firstIndex(of: "/") {
            result += rest[..<slash]
            rest = rest[slash...]
            let path = rest.prefix { !Self.isEnd($0) }
            rest = rest[path.endIndex...]
            let isStart = result.last.map { Self.isEnd($0) || $0 == "=" || $0 == "~" } ?? true
            if path.hasPrefix("//"), result.hasSuffix("file:") {
                result = String(result.dropLast(5)) + Self.shortened(path.dropFirst(2))
            } else if isStart, !path.hasPrefix("//") {
                if result.last == "~" { result.removeLast() }
                result += Self.shortened(path)
            } else {
                result += path
            }
        }
        return result + rest
    }

    private static func shortened(_ path: Substring) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 1 ? "…/\(parts[parts.count - 1])" : String(path)
    }

    private static func isEnd(_ character: Character) -> Bool {
        character.isWhitespace || "\"'`“”‘’()[]{}<>,;:|".contains(character)
    }
}
