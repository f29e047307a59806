internal import CSystem
internal import Glibc

/// A numeric IPv4 or IPv6 address with a port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// A `sockaddr_in` or `sockaddr_in6` in the kernel's layout.
    private let bytes: [UInt8]

    /// `nil` if `host` is not a numeric address; names are not resolved, because that blocks.
    package init?(host: String, port: UInt16) {
        var v4 = sockaddr_in()
        if unsafe inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            self.bytes = unsafe withUnsafeBytes(of: v4) { unsafe Array($0) }
            return
        }
        var v6 = sockaddr_in6()
        let plain = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard unsafe inet_pton(AF_INET6, plain, &v6.sin6_addr) == 1 else { return nil }
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        self.bytes = unsafe withUnsafeBytes(of: v6) { unsafe Array($0) }
    }

    /// Takes the address from a system call.
    init?(filledBy call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Bool) {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
        var length = socklen_t(bytes.count)
        let isFilled = unsafe bytes.withUnsafeMutableBytes {
            unsafe $0.withMemoryRebound(to: sockaddr.self) { buffer in
                guard let base = buffer.baseAddress else { return false }
                return unsafe call(base, &length)
            }
        }
        let size = min(Int(length), bytes.count)
        guard isFilled, size >= MemoryLayout<sockaddr_in>.size else { return nil }
        self.bytes = Array(bytes.prefix(size))
        guard self.family == AF_INET || (self.family == AF_INET6 && size == bytes.count) else { return nil }
    }

    package var isIPv6: Bool { self.family == AF_INET6 }

    package var port: UInt16 { UInt16(self.bytes[2]) << 8 | UInt16(self.bytes[3]) }

    /// The address without port or brackets.
    package var host: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            unsafe self.bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress, let target = text.baseAddress,
                    // The address is at offset 4 in sockaddr_in and 8 in sockaddr_in6.
                    unsafe inet_ntop(
                        self.family, base + (self.isIPv6 ? 8 : 4), target, socklen_t(text.count)) != nil
                else { return "?" }
                return unsafe String(cString: target)
            }
        }
    }

    /// 127.0.0.0/8, ::1 and IPv4-mapped loopback.
    package var isLoopback: Bool {
        guard self.isIPv6 else { return self.bytes[4] == 127 }
        let address = self.bytes[8..<24]
        return address.elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
            || (address.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) && self.bytes[20] == 127)
    }

    package var description: String {
        self.isIPv6 ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    var family: Int32 { Int32(self.bytes[0]) | Int32(self.bytes[1]) << 8 }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafeTemporaryAllocation(
            byteCount: self.bytes.count, alignment: MemoryLayout<sockaddr_in6>.alignment
        ) { copy in
            unsafe copy.copyBytes(from: self.bytes)
            return unsafe copy.withMemoryRebound(to: sockaddr.self) { buffer in
                guard let base = buffer.baseAddress else { preconditionFailure("an address is never empty") }
                return unsafe body(base, socklen_t(self.bytes.count))
            }
        }
    }
}
