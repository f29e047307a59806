internal import Glibc

/// A test's directory, removed with its contents when the last reference goes away.
package final class TemporaryDirectory: Sendable {
    /// The absolute path.
    package let path: String

    package struct Failure: Error {
        package let code: Int32
    }

    /// - Parameter folder: Where to create it; by default where JETBRIDGE_TEST_FOLDER says, or in `/tmp`.
    package init(below folder: String? = nil) throws {
        let parent = folder ?? getenv("JETBRIDGE_TEST_FOLDER").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/jetbridge-test-XXXXXX".utf8CString)
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
