internal import Glibc

/// A directory of a test's own, removed with everything in it when the last reference ends.
public final class TemporaryDirectory: Sendable {
    /// Its absolute path.
    public let path: String

    /// The directory could not be made.
    public struct Failure: Error {
        /// `errno`.
        public let code: Int32
    }

    /// Makes one below `/tmp`.
    public init() throws {
        var template = Array("/tmp/jetbridge-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(code: errno) }
        self.path = String(cString: made)
    }

    deinit {
        // Depth first, without following links.
        nftw(self.path, { path, _, _, _ in path.map { remove($0) } ?? 0 }, 16, Int32(FTW_DEPTH.rawValue) | Int32(FTW_PHYS.rawValue))
    }
}
