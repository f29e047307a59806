/// Finds the marks that Git leaves around both versions of lines that it could not merge. Pure.
package enum ConflictMarkers {
    /// The lines with a mark, from 0.
    ///
    /// Seven equals signs also underline a heading, so they count only within a conflict. An array, because code for any
    /// collection is not specialised across modules and takes longer than all other checks of a document together.
    package static func lines(in text: [UInt8]) -> [Int] {
        var found: [Int] = []
        var isOpen = false
        for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard let first = line.first, line.prefix(8).prefix(while: { $0 == first }).count == 7 else { continue }
            let rest = line.dropFirst(7).first
            let isAlone = rest == nil || rest == UInt8(ascii: "\r")
            switch first {
            case UInt8(ascii: "<") where isAlone || rest == UInt8(ascii: " "): isOpen = true
            case UInt8(ascii: "=") where isOpen && isAlone: break
            case UInt8(ascii: "|") where isOpen && (isAlone || rest == UInt8(ascii: " ")): break
            case UInt8(ascii: ">") where rest == UInt8(ascii: " ") || isOpen && isAlone: isOpen = false
            default: continue
            }
            found.append(number)
        }
        return found
    }

    /// What to do about the marks in these lines; nil without any.
    package static func complaint(about lines: [Int]) -> String? {
        guard let last = lines.last else { return nil }
        let shown = lines.prefix(9).map { "\($0 + 1)" }
        let places =
            lines.count == 1
            ? "line \(last + 1)"
            : lines.count > shown.count
                ? "lines \(shown.joined(separator: ", ")), …"
                : "lines \(shown.dropLast().joined(separator: ", ")) and \(last + 1)"
        return
            "Git's marks of a conflict are in \(places): put the versions between them together and remove these lines, "
            + "or indent them if the text is about them."
    }
}
