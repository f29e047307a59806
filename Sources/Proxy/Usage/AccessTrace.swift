internal import Crypto
internal import EventLoop
internal import HTTP

/// Names requests: by the client's `X-Request-Id`, else by a prefix of this process and a number.
@Net
final class AccessTrace {
    /// Ends in a hyphen.
    private let prefix: [UInt8]
    private var number = 0

    nonisolated init() {
        self.prefix = Array("\(Crypto.hex(Crypto.randomBytes(8)))-".utf8)
    }

    func name(of headers: HTTPHeaders) -> (name: String, isOwn: Bool) {
        if let given = headers[.xRequestID], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            return (given, false)
        }
        self.number += 1
        var name = self.prefix
        name.appendDecimal(self.number)
        return (String(decoding: name, as: UTF8.self), true)
    }
}
