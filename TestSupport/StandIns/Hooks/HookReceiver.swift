internal import Crypto
internal import EventLoop
internal import HTTP
package import HTTPServer
package import JSON
internal import Primitives

/// A receiver of webhooks on loopback, which checks every signature.
package final class HookReceiver: Sendable {
    package struct Delivery: Sendable {
        package let id: String
        package let event: String
        /// Seconds since 1970, as signed.
        package let time: Int64
        package let isSigned: Bool
        package let body: JSON
        package var data: JSON { self.body["data"] ?? .null }
    }

    package typealias Answer = @Sendable (_ delivery: Delivery, _ number: Int) async throws -> HTTPServerResponse

    private let server: HTTPServer
    private let deliveries = Protected<[Delivery]>([])
    private let answers: Protected<Answer>
    private let changed = Signal()

    package static func started(
        secret: String, answer: @escaping Answer = { _, _ in HTTPServerResponse(.noContent) }
    ) async throws -> HookReceiver {
        let receiver = HookReceiver(secret: secret, answer: answer)
        try await receiver.server.start()
        return receiver
    }

    private init(secret: String, answer: @escaping Answer) {
        let (deliveries, changed, answers) = (self.deliveries, self.changed, Protected(answer))
        self.answers = answers
        self.server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "receiver", logger: .silent) { request in
            let bytes = try await request.body.collect(upTo: 1 << 20)
            let delivery = Self.read(request.headers, bytes, secret)
            let number = deliveries.withLock { deliveries in
                deliveries.append(delivery)
                return deliveries.count
            }
            changed.signal()
            return try await answers.withLock { $0 }(delivery, number)
        }
    }

    private static func read(_ headers: HTTPHeaders, _ bytes: [UInt8], _ secret: String) -> Delivery {
        var parts: [Substring: Substring] = [:]
        for part in (headers["x-jetbridge-signature"] ?? "").split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        let time = parts["t"] ?? ""
        let expected = hex(hmacSHA256(Array("\(time).".utf8) + bytes, key: Array(secret.utf8)))
        return Delivery(
            id: headers["x-jetbridge-delivery"] ?? "", event: headers["x-jetbridge-event"] ?? "",
            time: Int64(time) ?? 0, isSigned: parts["v1"].map(String.init) == expected,
            body: (try? JSON.parse(bytes)) ?? .null)
    }

    package var url: String { self.server.loopbackURL + "/in" }
    package var port: UInt16 { self.server.boundAddress?.port ?? 0 }
    package var all: [Delivery] { self.deliveries.withLock { $0 } }

    /// How it answers from now on.
    package func set(_ answer: @escaping Answer) { self.answers.withLock { $0 = answer } }

    /// Waits until deliveries fit, and returns them.
    @discardableResult
    package func wait(until isMet: ([Delivery]) -> Bool) async -> [Delivery] {
        while true {
            let all = self.all
            if isMet(all) || Task.isCancelled { return all }
            await self.changed.wait()
        }
    }

    package func stop() async { await self.server.stop() }
}
