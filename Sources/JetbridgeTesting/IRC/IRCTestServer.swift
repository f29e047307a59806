internal import Glibc
internal import Primitives

/// A real IRC server on loopback, started by a test with a configuration of its own.
public protocol IRCTestServer: Sendable {
    /// Plain connections.
    var port: Int { get }
    /// TLS connections, with a certificate for `localhost` and 127.0.0.1.
    var tlsPort: Int { get }
    /// PEM file that vouches for the certificate.
    var caFile: String { get }
    /// Starts it again on the same ports after ``stop()`` or ``kill()``.
    func start() async throws
    /// Ends it in order.
    func stop() async
    /// Ends it like `kill -9`: its connections break.
    func kill() async
}

/// Why a test server is not there.
public struct IRCTestFailure: Error, CustomStringConvertible {
    /// What failed, with what the program printed.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Small files of configuration.
enum TestFile {
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw IRCTestFailure("\(path): error \(errno)") }
        let file = FileDescriptor(owning: descriptor)
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
            guard count > 0 else { throw IRCTestFailure("\(path): error \(errno)") }
            written += count
        }
        // The mask of this process must not hide it from a server that gives up its rights.
        fchmod(file.rawValue, mode)
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw IRCTestFailure("\(path): error \(errno)") }
        chmod(path, 0o777)
    }

    static func remove(_ path: String) { unlink(path) }

    static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        let file = FileDescriptor(owning: descriptor)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file.rawValue, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
