/// Breaks runs of marks that no writing has, as UAX #15 ("Stream-Safe Text Format") does: comparing two texts, and looking
/// for something in one, sorts each run of combining marks, which takes an hour for a run of four megabytes; going backwards
/// counts each run of regional indicators, of which two are a flag.
///
/// The text of a stream is given piece by piece.
package struct StreamSafeText: Sendable {
    /// Of UAX #15.
    private static let markLimit = 30
    /// Even, so that no flag is broken.
    private static let flagLimit = 200
    /// A run in a shorter text takes some microseconds.
    private static let shortest = 256

    private var marks = 0
    private var flags = 0

    package init() {}

    /// The piece, with a joiner after each run that is as long as one may be.
    package mutating func next(_ piece: String) -> String {
        guard !piece.utf8.allSatisfy({ $0 < 0x80 }) else {
            if piece.utf8.contains(where: { 0x20..<0x7F ~= $0 }) { (self.marks, self.flags) = (0, 0) }
            return piece
        }
        var result: String.UnicodeScalarView?
        var index = piece.unicodeScalars.startIndex
        while index < piece.unicodeScalars.endIndex {
            let scalar = piece.unicodeScalars[index]
            if let joiner = self.count(scalar) {
                if result == nil { result = String.UnicodeScalarView(piece.unicodeScalars[..<index]) }
                result?.append(joiner)
            }
            result?.append(scalar)
            index = piece.unicodeScalars.index(after: index)
        }
        return result.map { String($0) } ?? piece
    }

    /// What has to come before the scalar; nil for nothing.
    private mutating func count(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        // These are often taken out of a text later, which joins the runs around them.
        case ..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: break
        case 0x200B: self.flags = 0  // what this itself puts between flags
        // Without marks: most of Latin, and the ideographs and syllables of which whole texts consist.
        case ..<0x300, 0x3400..<0xA66F, 0xAC00..<0xD7B0: (self.marks, self.flags) = (0, 0)
        case 0x1F1E6...0x1F1FF:
            self.marks = 0
            self.flags += 1
            if self.flags > Self.flagLimit {
                self.flags = 1
                return "\u{200B}"  // zero width space
            }
        default:
            self.flags = 0
            guard scalar.properties.canonicalCombiningClass != .notReordered else {
                self.marks = 0
                return nil
            }
            self.marks += 1
            if self.marks > Self.markLimit {
                self.marks = 1
                return "\u{34F}"  // combining grapheme joiner
            }
        }
        return nil
    }

    /// A whole text; short ones stay as they are.
    package static func of(_ text: String) -> String {
        guard text.utf8.count >= Self.shortest else { return text }
        var safe = StreamSafeText()
        return safe.next(text)
    }
}
