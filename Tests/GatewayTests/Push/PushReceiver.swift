import Crypto
import EventLoop
import HTTP
import HTTPServer
import JSON
import Primitives
import TestSupport

/// A push service on loopback with one browser behind it, which decrypts what comes and checks who has sent it.
final class PushReceiver: Sendable {
    struct Message: Sendable {
        let path: String
        let timeToLive: Int64
        let urgency: String
        let isSigned: Bool
        /// Null if it cannot be decrypted.
        let body: JSON
    }

    private let server: HTTPServer
    private let key: P256Key
    private let secret: [UInt8]
    private let messages: Protected<[Message]>
    private let status: Protected<HTTPStatus>
    private let changed: Signal

    static func started() async throws -> PushReceiver {
        let receiver = PushReceiver()
        try await receiver.server.start()
        return receiver
    }

    private init() {
        let (key, secret) = (P256Key.random(), randomBytes(16))
        let (messages, status, changed) = (Protected<[Message]>([]), Protected(HTTPStatus.created), Signal())
        (self.key, self.secret) = (key, secret)
        (self.messages, self.status, self.changed) = (messages, status, changed)
        self.server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "push", logger: .silent) { request in
            let bytes = try await request.body.collect(upTo: 4_096)
            let headers = request.headers
            messages.withLock {
                $0.append(
                    Message(
                        path: String(request.path), timeToLive: Int64(headers["ttl"] ?? "") ?? -1,
                        urgency: headers["urgency"] ?? "", isSigned: Self.isSigned(headers),
                        body: Self.opened(bytes, by: key, secret)))
            }
            changed.signal()
            return HTTPServerResponse(status.withLock { $0 })
        }
    }

    var url: String { self.server.loopbackURL }
    var all: [Message] { self.messages.withLock { $0 } }

    /// As the browser's `toJSON()`.
    func subscription(_ name: String = "a") -> JSON {
        [
            "endpoint": .string("\(self.url)/\(name)"), "expirationTime": .null,
            "keys": ["p256dh": .string(base64URL(self.key.publicPoint)), "auth": .string(base64URL(self.secret))],
        ]
    }

    /// How it answers from now on.
    func set(_ status: HTTPStatus) { self.status.withLock { $0 = status } }

    @discardableResult
    func wait(until isMet: ([Message]) -> Bool) async -> [Message] {
        while true {
            let all = self.all
            if isMet(all) || Task.isCancelled { return all }
            await self.changed.wait()
        }
    }

    func stop() async { await self.server.stop() }

    /// RFC 8292: whether the token is signed by the key beside it, for this service.
    private static func isSigned(_ headers: HTTPHeaders) -> Bool {
        let parts = (headers["authorization"] ?? "").split(separator: ", k=").map(String.init)
        guard parts.count == 2, let point = decodeBase64URL(parts[1]), point.count == 65 else { return false }
        let token = parts[0].dropFirst("vapid t=".count).split(separator: ".").map(String.init)
        guard token.count == 3, let signature = decodeBase64URL(token[2]), let text = decodeBase64URL(token[1]),
            let claims = try? JSON.parse(text), claims["aud"]?.stringValue?.hasPrefix("http://127.0.0.1:") == true
        else { return false }
        return PublicKey.p256(x: Array(point[1..<33]), y: Array(point[33...]))
            .accepts(signature, of: Array("\(token[0]).\(token[1])".utf8))
    }

    /// RFC 8291, from the browser's side.
    private static func opened(_ bytes: [UInt8], by key: P256Key, _ secret: [UInt8]) -> JSON {
        guard bytes.count > 86, bytes[20] == 65 else { return .null }
        let (salt, sender) = (Array(bytes[..<16]), Array(bytes[21..<86]))
        guard let agreed = key.agreement(with: sender) else { return .null }
        let input = hkdfSHA256(
            agreed, salt: secret, info: Array("WebPush: info\0".utf8) + key.publicPoint + sender, count: 32)
        let content = hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: aes128gcm\0".utf8), count: 16)
        let nonce = hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: nonce\0".utf8), count: 12)
        guard let text = openAESGCM(Array(bytes[86...]), key: content, nonce: nonce), text.last == 2 else {
            return .null
        }
        return (try? JSON.parse(Array(text.dropLast()))) ?? .null
    }
}
