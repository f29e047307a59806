/// A file of a diff, as reviews read it.
package struct ReviewFile: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package enum Kind: Character, Sendable {
            case context = " "
            case added = "+"
            case deleted = "-"
        }

        package let kind: Kind
        /// Its number in the new file; nil for a deleted one.
        package let number: Int?
        package let text: String

        package init(_ kind: Kind, number: Int?, _ text: String) {
            self.kind = kind
            self.number = number
            self.text = text
        }
    }

    package let path: String
    /// `added`, `modified`, `removed`, `renamed`, ….
    package let status: String
    /// The parts of the diff, each with some lines around what changed. Empty for binary and very large files.
    package let hunks: [[Line]]
    /// Whether part of it was left out.
    package let isCut: Bool

    package init(path: String, status: String, hunks: [[Line]], isCut: Bool = false) {
        self.path = path
        self.status = status
        self.hunks = hunks
        self.isCut = isCut
    }

    /// The lines of the new file that the diff shows: GitHub shows comments only there.
    package var lines: Set<Int> { Set(self.hunks.joined().compactMap(\.number)) }

    /// Reads the patch that GitHub sends with a file.
    ///
    /// - Parameter limit: of the patch, in bytes.
    package init(_ file: GitHubChangedFile, limit: Int = 100_000) {
        let patch = file.patch ?? ""
        var hunks: [[Line]] = []
        var number = 0
        var size = 0
        var isCut = file.patch == nil && file.additions + file.deletions > 0
        // By bytes: other characters that end lines elsewhere end none here, and a sign may combine with what follows.
        for line in patch.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            size += line.count + 1
            guard size <= limit else {
                isCut = true
                break
            }
            if let start = Self.start(of: Substring(line)) {
                number = start
                hunks.append([])
                continue
            }
            guard let kind = line.first.flatMap({ Line.Kind(rawValue: Character(UnicodeScalar($0))) }), !hunks.isEmpty
            else { continue }
            let text = String(Substring(line.dropFirst()))
            hunks[hunks.count - 1].append(Line(kind, number: kind == .deleted ? nil : number, text))
            if kind != .deleted { number += 1 }
        }
        self.init(path: file.path, status: file.status, hunks: hunks, isCut: isCut)
    }

    /// The number in `@@ -1,2 +5,6 @@`: 5; nil if it has more than nine digits.
    private static func start(of line: Substring) -> Int? {
        guard line.hasPrefix("@@ -"), let plus = line.firstIndex(of: "+") else { return nil }
        let digits = line[line.index(after: plus)...].prefix { $0.isNumber }
        return digits.count <= 9 ? Int(digits) : nil
    }
}
