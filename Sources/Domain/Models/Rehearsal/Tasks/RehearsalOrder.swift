/// A task that the rehearsal is told to carry out: its id, its text, and the files that it names.
struct RehearsalOrder: Equatable {
    /// `T012`
    let id: String
    /// The description, without id and labels.
    let text: String
    /// In the order of the text, each once.
    let paths: [String]

    private static let mark = "Carry out one task of the feature "

    /// Nil for a message that asks for something else.
    init?(_ message: String) {
        guard let start = message.firstRange(of: Self.mark) else { return nil }
        let lines = message[start.lowerBound...].split(separator: "\n")
        guard let first = lines.first, let id = first.split(separator: " ").last?.dropLast(), Self.isID(id),
            let line = lines.dropFirst().first(where: { $0.hasPrefix("\(id) ") })
        else { return nil }
        var text = line.dropFirst(id.count + 1)
        while text.first == "[", let end = text.firstIndex(of: "]") {
            text = text[text.index(after: end)...].drop { $0 == " " }
        }
        self.id = String(id)
        self.text = String(text)
        self.paths = Self.paths(in: text)
    }

    private static func isID(_ word: Substring) -> Bool {
        word.first == "T" && word.count >= 2 && word.dropFirst().first?.isNumber == true
    }

    private static func paths(in text: Substring) -> [String] {
        var paths: [String] = []
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == ";" }) {
            var path = word.drop { "`'\"*(<".contains($0) }
            while let last = path.last, "`'\"*)>:.!?".contains(last) { path = path.dropLast() }
            if path.hasPrefix("./") { path = path.dropFirst(2) }
            if Self.isFile(path), !paths.contains(String(path)) { paths.append(String(path)) }
        }
        return paths
    }

    private static func isFile(_ path: Substring) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.allSatisfy({ ($0.isASCII && ($0.isLetter || $0.isNumber)) || "./-_".contains($0) }),
            !parts.contains(where: { $0.isEmpty || $0 == ".." || $0 == "." || $0 == ".git" }), let name = parts.last
        else { return false }
        let ending = name.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        let hasEnding = name.contains(".") && 1...8 ~= ending.count && ending.contains(where: \.isLetter)
        // A word such as "user.name" is no file; "src/user" is one, and "and/or" is not.
        guard parts.count > 1 else { return hasEnding && RehearsalSource.isKnown(String(ending)) || name == "Makefile" }
        return hasEnding || name == "Makefile" || name == "Dockerfile"
    }
}
