internal import HTTP

package struct HostPort: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address; IPv6 without brackets.
    package let host: String
    /// 0 listens on a port that the system chooses.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var isLoopback: Bool { Authority.isLoopback(self.host) }

    package var description: String {
        self.host.utf8.contains(0x3A) ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    struct Failure: Error { let message: String }

    static func parse(_ text: String, defaultPort: Int? = nil) -> Result<HostPort, Failure> {
        guard !text.contains("://") else {
            return .failure(Failure(message: "expected host:port, not a URL; leave out the scheme and ://"))
        }
        do throws(HTTPURLError) {
            let authority = try Authority(text[...])
            guard let port = authority.port ?? defaultPort else {
                if let port = UInt16(text) {
                    return .failure(Failure(message: "the host is missing; write 127.0.0.1:\(port)"))
                }
                return .failure(Failure(message: "the port is missing; write \(text):PORT"))
            }
            return .success(HostPort(host: authority.host, port: port))
        } catch  where error.code == .port {
            return .failure(Failure(message: "the port is not a number up to 65535"))
        } catch {
            let hint = text.hasPrefix(":") ? "; write 127.0.0.1\(text)" : ""
            return .failure(Failure(message: "expected host:port\(hint)"))
        }
    }
}
