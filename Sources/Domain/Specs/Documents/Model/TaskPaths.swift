/// Finds the names of files and folders in a task's description.
enum TaskPaths {
    static func all(in text: ArraySlice<UInt8>) -> [String] {
        var paths: [String] = []
        let isBreak = { (byte: UInt8) in
            byte.isSpace || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\"")
        }
        for word in text.split(whereSeparator: isBreak) {
            let isCode = word.contains(UInt8(ascii: "`"))
            let path = Self.stripped(word)
            if Self.isPath(path, isCode: isCode), !paths.contains(path.text) { paths.append(path.text) }
        }
        return paths
    }

    private static let openings = Set("`'*(<".utf8)
    private static let closings = Set("`'*)>:.!?".utf8)

    private static func stripped(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var path = word.drop { Self.openings.contains($0) }
        while let last = path.last, Self.closings.contains(last) { path = path.dropLast() }
        if path.begins(with: "./") { path = path.dropFirst(2) }
        return path
    }

    private static func isPath(_ path: ArraySlice<UInt8>, isCode: Bool) -> Bool {
        let isPlain = path.allSatisfy { $0.isWordByte || $0 >= 0x80 || Self.marks.contains($0) }
        guard isPlain, path.count >= 3 else { return false }
        let name = path.split(separator: UInt8(ascii: "/")).last ?? path
        let dot = name.lastIndex(of: UInt8(ascii: "."))
        let ending = dot.map { name[($0 + 1)...] } ?? []
        let isNamed = 1...10 ~= ending.count && ending.contains { !$0.isDigit } && ending.allSatisfy(\.isWordByte)
        guard path.contains(UInt8(ascii: "/")) else { return isNamed && Self.endings.contains(ending.text) }
        return isNamed || path.last == UInt8(ascii: "/") || (isCode && path.first != UInt8(ascii: "/"))
    }

    private static let marks = Set("./-$[]@+".utf8)

    /// Without a folder, only these are taken for files: `user.name` is code.
    private static let endings: Set<String> = Set(
        """
        bash c cc cfg clj cmake conf cpp cs css csv dart ex exs fish go gradle graphql h hpp hs html ini java js json \
        jsx kt lock lua m md mjs ml nix php pl proto ps1 py r rb rs sass scala scss sh sql svelte svg swift tf toml ts \
        tsx txt vue xml yaml yml zig
        """.split(separator: " ").map(String.init))
}
