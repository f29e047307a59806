internal import EventLoop
internal import Glibc
internal import Primitives

/// The datagram socket on which systemd gets messages from services (sd_notify(3)).
package final class ManagerSocket: Sendable {
    /// The value of NOTIFY_SOCKET.
    package let name: String
    private let file: FileDescriptor
    private let folder: TemporaryDirectory

    package init(isAbstract: Bool = false) throws {
        self.folder = try TemporaryDirectory()
        self.name = (isAbstract ? "@jetbridge-test" : "") + self.folder.path + "/notify"
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { throw SystemError.last("socket") }
        self.file = FileDescriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = (isAbstract ? [0] : []) + self.name.utf8.dropFirst(isAbstract ? 1 : 0)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = MemoryLayout<sa_family_t>.size + path.count
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, socklen_t(length)) }
        }
        guard bound == 0 else { throw SystemError.last("bind") }
    }

    /// The datagrams that have arrived since the last call.
    package func received() -> [String] {
        var texts: [String] = []
        while let text = self.next() { texts.append(text) }
        return texts
    }

    private func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(self.file.rawValue, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Waits for a datagram with `line` among its lines; returns those until then, and leaves later ones.
    @Net package func wait(for line: String) async throws -> [String] {
        let changed = WaitList()
        let registration = try EventLoop.shared.watch(self.file.rawValue, .readable) { _ in changed.wakeAll() }
        defer { registration.cancel() }
        var texts: [String] = []
        while true {
            while let text = self.next() {
                texts.append(text)
                if text.split(separator: "\n").contains(where: { $0 == line }) { return texts }
            }
            try await changed.wait()
        }
    }
}
