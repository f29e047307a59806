internal import Glibc
package import Primitives

/// Connections that outlive the program: a restart replaces it within its process, and the next one takes them over.
package final class PassedConnections: Sendable {
    private struct State {
        var isHandingOver = false
        var numbers: [String: Int32] = [:]
    }

    /// Distinguishes them, by their names, from sockets that listen.
    static let prefix = "connection-"

    private let state = Protected(State())

    package init() {}

    /// From now on, whoever ends a connection leaves it to the next program instead.
    package func beginHandOver() { self.state.withLock { $0.isHandingOver = true } }

    package var isHandingOver: Bool { self.state.withLock { $0.isHandingOver } }

    /// Keeps a connection for the next program.
    package func leave(_ connection: consuming FileDescriptor, as name: String) {
        self.keep(connection.release(), as: Self.prefix + name)
    }

    /// Keeps a connection of the last program. No child gets it.
    func adopt(_ number: Int32, as name: String) {
        guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { return }
        self.keep(number, as: name)
    }

    private func keep(_ number: Int32, as name: String) {
        if let former = self.state.withLock({ $0.numbers.updateValue(number, forKey: name) }) { close(former) }
    }

    /// A connection that the last program has left, once; the caller closes it.
    package func take(_ name: String) -> FileDescriptor? {
        self.state.withLock { $0.numbers.removeValue(forKey: Self.prefix + name) }.map { FileDescriptor(owning: $0) }
    }

    /// What is kept, with the names under which the next program finds it.
    package var all: [(name: String, number: Int32)] {
        self.state.withLock { $0.numbers.map { (name: $0.key, number: $0.value) } }
    }

    /// Ends all that nobody has taken.
    package func closeAll(saying farewell: [UInt8]) {
        let numbers = self.state.withLock { state in
            defer { state.numbers = [:] }
            return state.numbers.values
        }
        for number in numbers {
            let connection = FileDescriptor(owning: number)
            _ = Socket.write(connection.rawValue, farewell)
        }
    }
}
