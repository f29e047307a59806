internal import CSystem
internal import EventLoop
internal import Glibc
internal import Primitives
internal import Processes

/// A port on an address of a jail's loopback.
package struct JailPort: Sendable, Hashable {
    /// All that are listened on at a time are of one network of 256.
    package let address: String
    package let port: UInt16

    package init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }
}

/// Listening sockets inside a jail's network, made by a program that enters it from outside: the jail's own processes
/// may not take the ports below 1024.
@Net
enum JailListeners {
    /// More would not fit into the socket over which they come.
    static let most = 64

    /// Makes one for each port, in their order; the caller owns them.
    ///
    /// - Parameters:
    ///   - launcher: See ``JailPrograms/launcher``.
    ///   - process: A process of the jail, and a descriptor of it: its number may be another one's by then.
    static func open(
        _ ports: [JailPort], launcher: String, process: Int32, _ descriptor: Int32
    ) async throws(SandboxError) -> [Int32] {
        let network = unsafe Glibc.open("/proc/\(process)/ns/net", O_RDONLY | O_CLOEXEC)
        guard network >= 0 else { throw SandboxError("\(SystemError.last("open the jail's network"))") }
        defer { _ = Glibc.close(network) }
        guard descriptor >= 0, csystem_pidfd_signal(descriptor, 0) == 0 else {
            throw SandboxError("the jail has ended")
        }
        var ends: [Int32] = [-1, -1]
        guard unsafe csystem_socketpair(&ends) == 0 else { throw SandboxError("\(SystemError.last("socketpair"))") }
        defer { for end in ends { _ = close(end) } }
        var plan = ProcessPlan(
            launcher, ["listen", "3", "4"] + ports.prefix(Self.most).flatMap { [$0.address, "\($0.port)"] })
        plan.passed = [network, ends[1]]
        let result: Process.Result
        do {
            result = try await Process.run(plan)
        } catch {
            throw SandboxError("\(error)")
        }
        // It has ended, so all that it sent has arrived.
        _ = csystem_make_nonblocking(ends[0])
        var found: [Int32] = []
        while found.count < Self.most {
            var byte: UInt8 = 0
            var listener: Int32 = -1
            let count = unsafe withUnsafeMutableBytes(of: &byte) { bytes in
                unsafe bytes.baseAddress.map { unsafe csystem_receive_descriptor(ends[0], $0, 1, &listener) } ?? 0
            }
            guard count == 1, listener >= 0 else { break }
            found.append(listener)
        }
        guard found.count == min(ports.count, Self.most) else {
            for each in found { _ = Glibc.close(each) }
            throw SandboxError(result.errorText.trimmed)
        }
        return found
    }
}
