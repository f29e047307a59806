import EventLoop
import Glibc
import Primitives
import Processes
import TestSupport

/// What hostile commands look for on the host: a file and a process with a secret, listening sockets. Everybody on the
/// machine could reach all of it; only the jail keeps it away.
@Net
final class Bait {
    let folder: TemporaryDirectory
    let secret = "jetbridge-secret-" + String(UInt64.random(in: .min ... .max), radix: 36)
    let port: UInt16
    private let process: Process
    private let listeners: [Int32]

    private var file: String { "\(self.folder.path)/secret" }
    private var socket: String { "\(self.folder.path)/socket" }
    private var abstract: String { "\(self.secret)-socket" }

    init() throws {
        self.folder = try TemporaryDirectory()
        chmod(self.folder.path, 0o755)
        self.port = UInt16(try FreePorts.take(1)[0])
        try Self.write(self.secret, to: "\(self.folder.path)/secret")
        self.process = try Process.spawn(
            ProcessPlan("/bin/sleep", ["3600"], environment: ["SECRET": self.secret]))
        var listeners: [Int32] = []
        for name in [Self.abstractAddress(self.secret), Self.fileAddress("\(self.folder.path)/socket")] {
            listeners.append(try Self.listen(AF_UNIX, name))
        }
        listeners.append(try Self.listen(AF_INET, Self.internetAddress(self.port)))
        self.listeners = listeners
        chmod("\(self.folder.path)/socket", 0o777)
    }

    func remove() async {
        for listener in self.listeners { close(listener) }
        await self.process.stop(patience: .zero, grace: .zero)
    }

    /// A command with the names of what is here.
    func aimed(_ text: String) -> String {
        var text = text
        let names = [
            "{SECRET}": self.file, "{PID}": "\(self.process.id)", "{PORT}": "\(self.port)", "{SOCKET}": self.socket,
            "{ABSTRACT}": self.abstract,
        ]
        for (name, value) in names {
            text = text.split(separator: name, omittingEmptySubsequences: false).joined(separator: value)
        }
        return text
    }

    /// Whether the file is as it was.
    var isUntouched: Bool {
        var status = stat()
        return stat(self.file, &status) == 0 && status.st_size == self.secret.utf8.count
            && self.process.status == nil
    }

    // MARK: Addresses

    private nonisolated static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw SystemError("open \(path)", code: errno) }
        defer { close(file) }
        _ = Glibc.write(file, text, text.utf8.count)
    }

    private static func listen(_ family: Int32, _ address: [UInt8]) throws -> Int32 {
        let listener = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let isBound = address.withUnsafeBytes { bytes in
            bind(listener, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        guard isBound == 0, Glibc.listen(listener, 16) == 0 else { throw SystemError("listen", code: errno) }
        return listener
    }

    private static func family(_ family: Int32) -> [UInt8] { [UInt8(family & 0xFF), UInt8(family >> 8)] }

    private static func abstractAddress(_ secret: String) -> [UInt8] {
        Self.family(AF_UNIX) + [0] + Array("\(secret)-socket".utf8)
    }

    private static func fileAddress(_ path: String) -> [UInt8] { Self.family(AF_UNIX) + Array(path.utf8) + [0] }

    private static func internetAddress(_ port: UInt16) -> [UInt8] {
        Self.family(AF_INET) + [UInt8(port >> 8), UInt8(port & 0xFF), 127, 0, 0, 1]
            + [UInt8](repeating: 0, count: 8)
    }
}
