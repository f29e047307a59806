internal import Crypto
internal import EventLoop
internal import HTTP

/// Names requests: by the client's `X-Request-Id`, else by a prefix of this process and a number.
@Net
final class AccessTrace {
    private let prefix: String
    private var number: UInt64 = 0

    nonisolated init() {
        self.prefix = Crypto.hex(Crypto.randomBytes(8))
    }

    func name(of headers: HTTPHeaders) -> (name: String, isOwn: Bool) {
        if let given = headers[.xRequestID], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            return (given, false)
        }
        self.number += 1
        return ("\(self.prefix)-\(self.number)", true)
    }
}
