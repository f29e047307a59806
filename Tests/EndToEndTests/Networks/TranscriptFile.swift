import Glibc
import TestSupport

/// A file of Tests/Transcripts that a test writes: what people received. docs/transcripts.md links it.
struct TranscriptFile {
    static let updating = "JETBRIDGE_UPDATE_TRANSCRIPTS"

    let name: String
    /// The suite that writes it.
    let test: String
    let text: String

    /// Compares it with the stored file, or stores it when the environment says so. Returns what differs.
    func problem() -> String? {
        let path = "\(PythonClients.root)/Tests/Transcripts/\(self.name).md"
        if getenv(Self.updating) != nil {
            do { try TestFile.write(self.text, to: path) } catch { return "\(error)" }
            return nil
        }
        return self.difference(from: String(decoding: ProcessTable.read(path), as: UTF8.self))
    }

    private func difference(from stored: String) -> String? {
        if stored == self.text { return nil }
        let old = stored.split(separator: "\n", omittingEmptySubsequences: false)
        let new = self.text.split(separator: "\n", omittingEmptySubsequences: false)
        let place =
            zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
        return "Tests/Transcripts/\(self.name).md differs from what people receive at its line \(place + 1): "
            + "“\(place < old.count ? old[place] : "")” is now “\(place < new.count ? new[place] : "")”. To update it: "
            + "\(Self.updating)=1 scripts/test \(self.test)"
    }
}
