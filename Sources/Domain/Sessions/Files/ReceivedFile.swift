/// A file of a person's as it lies on the host's disk.
struct ReceivedFile: Sendable, Equatable {
    /// As people know it.
    let name: String
    /// Where it lies.
    let path: String
    let type: FileType
    /// The sender's word about its type.
    let claimedType: String?
    /// In bytes.
    let size: Int
    /// All of it, if it is a small text; else empty.
    let text: String
}

/// Why a file could not be had.
struct FileFailure: Error, Sendable, CustomStringConvertible {
    /// Half a sentence: what is wrong.
    let reason: String
    var description: String { self.reason }

    static func tooLarge(_ limit: Int) -> FileFailure {
        FileFailure(reason: "it is larger than \(FileSize.text(limit))")
    }
}

/// Sizes for people.
enum FileSize {
    static func text(_ bytes: Int) -> String {
        if bytes < 1_024 { return "\(bytes) B" }
        let units = ["KiB", "MiB", "GiB"]
        var tenths = bytes * 10 / 1_024
        var unit = 0
        while tenths >= 10_240, unit < units.count - 1 {
            tenths /= 1_024
            unit += 1
        }
        return tenths % 10 == 0 || tenths >= 100
            ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
