import Glibc
import Primitives
import TestSupport

/// A part of docs/transcripts.md that a test writes, between two comments with its name.
struct GeneratedPart {
    static let path = PythonClients.root + "/docs/transcripts.md"
    static let updating = "JETBRIDGE_UPDATE_TRANSCRIPTS"
    /// Parts are written one at a time.
    private static let file = Protected(path)

    let name: String
    /// The suite that writes it.
    let test: String
    let text: String

    /// Compares it with the stored page, or stores it when the environment says so. Returns what differs.
    func problem() -> String? {
        Self.file.withLock { path in
            let stored = String(decoding: ProcessTable.read(path), as: UTF8.self)
            let (begin, end) = ("<!-- begin: \(self.name) -->\n\n", "\n<!-- end: \(self.name) -->\n")
            guard let first = stored.firstRange(of: begin), let last = stored.firstRange(of: end),
                first.upperBound <= last.lowerBound
            else { return "docs/transcripts.md has no part “\(self.name)”" }
            if getenv(Self.updating) != nil {
                let page = stored[..<first.upperBound] + self.text + stored[last.lowerBound...]
                do { try TestFile.write(String(page), to: path) } catch { return "\(error)" }
                return nil
            }
            return self.difference(from: String(stored[first.upperBound..<last.lowerBound]))
        }
    }

    private func difference(from stored: String) -> String? {
        if stored == self.text { return nil }
        let old = stored.split(separator: "\n", omittingEmptySubsequences: false)
        let new = self.text.split(separator: "\n", omittingEmptySubsequences: false)
        let place =
            zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
        return "“\(self.name)” in docs/transcripts.md differs from what people receive at its line \(place + 1): "
            + "“\(place < old.count ? old[place] : "")” is now “\(place < new.count ? new[place] : "")”. To update it: "
            + "\(Self.updating)=1 scripts/test \(self.test)"
    }
}
