/// The rules of one `.gitignore` (gitignore(5)), matched over bytes in polynomial time, because the file may be hostile.
struct IgnoreRules {
    struct Rule {
        /// The pattern's parts between slashes; `**` is a part of its own.
        var parts: [[UInt8]]
        var isNegated = false
        var isForFoldersOnly = false
    }

    static let sizeLimit = 128 * 1_024
    private static let mostRules = 1_000

    private let rules: [Rule]

    init(_ bytes: [UInt8], _ effort: RuleEffort) {
        guard effort.takeParsing(bytes) else {
            self.rules = []
            return
        }
        self.rules = bytes.split(separator: UInt8(ascii: "\n")).prefix(Self.mostRules).compactMap { Self.rule($0) }
    }

    /// Whether the rules ignore a path (its parts below the file's folder); nil when none speaks of it, or the effort is
    /// spent.
    func verdict(on path: ArraySlice<[UInt8]>, isFolder: Bool, _ effort: RuleEffort) -> Bool? {
        for rule in self.rules.reversed() where isFolder || !rule.isForFoldersOnly {
            if Self.matches(rule.parts[...], path, effort) { return !rule.isNegated }
        }
        return nil
    }

    static func rule(_ line: ArraySlice<UInt8>) -> Rule? {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        while line.last == UInt8(ascii: " "), line.dropLast().last != UInt8(ascii: "\\") { line.removeLast() }
        if line.first == UInt8(ascii: "#") { return nil }
        var rule = Rule(parts: [])
        if line.first == UInt8(ascii: "!") {
            rule.isNegated = true
            line.removeFirst()
        }
        if line.last == UInt8(ascii: "/") {
            rule.isForFoldersOnly = true
            line.removeLast()
        }
        guard !line.isEmpty else { return nil }
        let isAnchored = line.contains(UInt8(ascii: "/"))
        if line.first == UInt8(ascii: "/") { line.removeFirst() }
        rule.parts = line.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Array($0) }
        if !isAnchored { rule.parts.insert(Self.anyFolders, at: 0) }
        return rule
    }

    private static let anyFolders = Array("**".utf8)

    /// Whether the parts of a pattern match those of a path. Only the last `**` needs to be tried again.
    static func matches(
        _ pattern: ArraySlice<[UInt8]>, _ path: ArraySlice<[UInt8]>, _ effort: RuleEffort
    ) -> Bool {
        var (part, name) = (pattern.startIndex, path.startIndex)
        var retry: (part: Int, name: Int)?
        while name < path.endIndex {
            guard effort.take(1) else { return false }
            if part < pattern.endIndex, pattern[part] == Self.anyFolders {
                // At the end it stands for everything inside, not for the folder itself.
                if part + 1 == pattern.endIndex { return true }
                retry = (part + 1, name)
                part += 1
            } else if part < pattern.endIndex, Self.matches(name: path[name], pattern[part], effort) {
                part += 1
                name += 1
            } else if let again = retry {
                retry = (again.part, again.name + 1)
                (part, name) = (again.part, again.name + 1)
            } else {
                return false
            }
        }
        return part == pattern.endIndex
    }

    /// Whether a pattern with `*`, `?`, `[a-z]` and `\` matches one name. Only the last `*` needs to be tried again.
    /// Neither is longer than a name in a file system can be.
    private static func matches(name: [UInt8], _ pattern: [UInt8], _ effort: RuleEffort) -> Bool {
        guard name.count <= 255, pattern.count <= 512 else { return false }
        var (at, letter, steps) = (0, 0, 0)
        defer { _ = effort.take(steps) }
        var retry: (at: Int, letter: Int)?
        while letter < name.count {
            // A class is at most as long as the pattern.
            steps += at < pattern.count && pattern[at] == UInt8(ascii: "[") ? pattern.count : 1
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                retry = (at + 1, letter)
                at += 1
            } else if at < pattern.count, let next = Self.step(pattern, at, name[letter]) {
                at = next
                letter += 1
            } else if let again = retry {
                retry = (again.at, again.letter + 1)
                (at, letter) = (again.at, again.letter + 1)
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == UInt8(ascii: "*") { at += 1 }
        return at == pattern.count
    }

    /// The place in the pattern after what matches `letter`; nil if it does not.
    private static func step(_ pattern: [UInt8], _ at: Int, _ letter: UInt8) -> Int? {
        switch pattern[at] {
        case UInt8(ascii: "?"): return at + 1
        case UInt8(ascii: "\\"):
            guard at + 1 < pattern.count else { return nil }
            return pattern[at + 1] == letter ? at + 2 : nil
        case UInt8(ascii: "["): return Self.step(class: pattern, at + 1, letter)
        default: return pattern[at] == letter ? at + 1 : nil
        }
    }

    private static func step(class pattern: [UInt8], _ start: Int, _ letter: UInt8) -> Int? {
        var at = start
        var isNegated = false
        if at < pattern.count, pattern[at] == UInt8(ascii: "!") || pattern[at] == UInt8(ascii: "^") {
            isNegated = true
            at += 1
        }
        var isFound = false
        let first = at
        while at < pattern.count, pattern[at] != UInt8(ascii: "]") || at == first {
            if pattern[at] == UInt8(ascii: "\\"), at + 1 < pattern.count { at += 1 }
            let low = pattern[at]
            var high = low
            if at + 2 < pattern.count, pattern[at + 1] == UInt8(ascii: "-"), pattern[at + 2] != UInt8(ascii: "]") {
                high = pattern[at + 2]
                at += 2
            }
            // The first letter of a range counts even if the range is upside down.
            if letter == low || (low <= letter && letter <= high) { isFound = true }
            at += 1
        }
        guard at < pattern.count else { return nil }
        return isFound != isNegated ? at + 1 : nil
    }
}
