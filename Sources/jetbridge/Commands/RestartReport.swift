internal import Lifecycle

/// What `jetbridge restart` learns from the host, in a file of the data directory.
struct RestartReport: Sendable {
    enum Result: Sendable, Equatable {
        case done(version: String)
        case failed(Int32, String)
    }

    private let path: String

    init(_ directory: String) { self.path = "\(directory)/restart.report" }

    func ask() throws { try PrivateFile.write(Array("asked\n".utf8), to: self.path, isFlushed: false) }

    func remove() { _ = try? PrivateFile.remove(self.path) }

    /// Does nothing unless somebody asked.
    func write(_ result: Result) {
        guard PrivateFile.text(of: self.path) == "asked\n" else { return }
        let line =
            switch result {
            case .done(let version): "done 0 \(version)"
            case .failed(let status, let why): "failed \(status) \(why)"
            }
        try? PrivateFile.write(Array(line.utf8), to: self.path, isFlushed: false)
    }

    /// Nil as long as nothing is known.
    func read() -> Result? {
        let words = (PrivateFile.text(of: self.path) ?? "").split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3 else { return nil }
        return words[0] == "done" ? .done(version: words[2]) : .failed(Int32(words[1]) ?? 1, words[2])
    }
}
