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
        Self.remove(self.path)
    }

    /// Depth first, without following links. The Glibc module lacks `nftw`.
    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    Self.remove("\(path)/\(name)")
                } else {
                    unlink("\(path)/\(name)")
                }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
