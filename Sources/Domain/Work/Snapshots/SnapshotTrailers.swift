internal import Git

/// The lines `KEY: VALUE` below the reason in a snapshot's message, read in one pass: there may be one for each of a
/// thousand folders.
struct SnapshotTrailers {
    private let values: [String: [Substring]]

    init(_ record: WorkFiles.Record) {
        var values: [String: [Substring]] = [:]
        // The first line is the reason, which people may have written. By bytes: a path may be one long run of marks.
        for line in record.message.utf8.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let rest = line[colon...].dropFirst()
            guard rest.first == UInt8(ascii: " ") else { continue }
            values[String(Substring(line[..<colon])), default: []].append(Substring(rest.dropFirst()))
        }
        self.values = values
    }

    /// The last line with a key.
    subscript(_ key: String) -> Substring? { self.values[key]?.last }

    func all(_ key: String) -> [Substring] { self.values[key] ?? [] }
}
