package import EventLoop
internal import Glibc
internal import Logging
internal import Primitives

/// The program that started this one as a service, usually systemd. It learns this process's state from datagrams to a
/// socket (sd_notify(3)), and may ask for signs of life (sd_watchdog_enabled(3)).
package struct ServiceManager: Sendable {
    package enum Message: Sendable, Hashable {
        case ready
        /// One line for people.
        case status(String)
        /// A reload begins; ``ready`` ends it.
        case reloading(at: LoopInstant)
        case stopping
        case alive
    }

    /// A `sockaddr_un` without what follows the name.
    private let address: [UInt8]
    /// Without a sign of life for this long, the manager ends the process; nil if it needs none.
    package let patience: Duration?

    /// - Parameter environment: Of the process, with NOTIFY_SOCKET; nil without.
    package init?(environment: [String: String], pid: Int32 = getpid()) {
        let name = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        // Also the manager's own limit: `sun_path` has 108 bytes, the last one for the end of a path.
        guard (2...107).contains(name.count), name[0] == UInt8(ascii: "/") || name[0] == UInt8(ascii: "@") else {
            return nil
        }
        let family = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
        // An abstract address begins with a zero byte (unix(7)).
        self.address = family + (name[0] == UInt8(ascii: "@") ? [0] + name.dropFirst() : name)
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
        self.patience = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap {
            isForUs && $0 > 0 ? .microseconds($0) : nil
        }
    }

    /// Sends the messages in one datagram, without waiting: a manager that does not read must not hold anything up.
    package func tell(_ messages: Message...) {
        do throws(SystemError) {
            try self.send(Array(messages.map(Self.text).joined(separator: "\n").utf8))
        } catch {
            // The manager itself reports that a sign of life is missing.
            guard messages != [.alive] else { return }
            Logger(label: "host").warning("the service manager cannot be told the state: \(error)")
        }
    }

    private func send(_ text: [UInt8]) throws(SystemError) {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_UNIX, type, 0)
        guard number >= 0 else { throw .last("socket") }
        let file = FileDescriptor(owning: number)
        let sent = unsafe self.address.withUnsafeBytes { address in
            unsafe address.withMemoryRebound(to: sockaddr.self) { name in
                unsafe sendto(
                    file.rawValue, text, text.count, Int32(MSG_NOSIGNAL), name.baseAddress, socklen_t(address.count))
            }
        }
        guard sent == text.count else { throw .last("sendto") }
    }

    static func text(_ message: Message) -> String {
        switch message {
        case .ready: "READY=1"
        case .status(let line): "STATUS=\(line.split(whereSeparator: \.isNewline).joined(separator: " "))"
        case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time.nanoseconds / 1_000)"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        }
    }
}
