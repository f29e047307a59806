/// The addresses of a repository's documents and commits in the viewer.
package struct SpecLinks: Sendable, Hashable {
    private let publicURL: String
    private let repository: String

    /// - Parameter publicURL: Without a slash at the end.
    package init(publicURL: String, repository: String) {
        self.publicURL = publicURL
        self.repository = repository
    }

    /// A document on a branch. The branch is one segment; a path keeps its slashes.
    package func document(_ path: String, on branch: String) -> String {
        let parts = path.split(separator: "/").map { Self.encoded($0) }.joined(separator: "/")
        return "\(self.base)/blob/\(Self.encoded(branch[...]))/\(parts)"
    }

    package func folder(_ path: String, on branch: String) -> String {
        let parts = path.split(separator: "/").map { Self.encoded($0) }.joined(separator: "/")
        return "\(self.base)/tree/\(Self.encoded(branch[...]))/\(parts)"
    }

    package func commit(_ sha: String) -> String { "\(self.base)/commit/\(sha)" }

    private var base: String { "\(self.publicURL)/r/\(Self.encoded(self.repository[...]))" }

    /// All bytes but RFC 3986's unreserved ones as `%XX`.
    private static func encoded(_ text: Substring) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }.joined()
    }
}
