import EventLoop
import HTTP
import JSON
import Primitives

@testable import Gateway

/// A caller of the gateway; each request uses a new connection.
struct Caller: Sendable {
    struct Unexpected: Error, CustomStringConvertible {
        let answer: Answer
        var description: String { "\(self.answer.status): \(self.answer.text.prefix(600))" }
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        var text: String { String(decoding: self.body, as: UTF8.self) }
        var json: JSON { (try? JSON.parse(self.body)) ?? .null }

        /// The body as JSON; throws for another status.
        func expect(_ status: Int) throws -> JSON {
            guard self.status == status else { throw Unexpected(answer: self) }
            return self.json
        }
    }

    let gateway: Gateway
    var headers: HTTPHeaders

    func with(_ name: String, _ value: String?) -> Caller {
        var caller = self
        caller.headers[name] = value
        return caller
    }

    func send(
        _ method: HTTPMethod, _ target: String, json: JSON? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var all = self.headers
        if json != nil { all["Content-Type"] = "application/json" }
        for (name, value) in headers { all[name] = value }
        return try await self.send(method, target, body: json?.bytes ?? [], headers: all)
    }

    func send(_ method: HTTPMethod, _ target: String, body: [UInt8], headers: HTTPHeaders) async throws -> Answer {
        var request = Array("\(method.rawValue) \(target) HTTP/1.1\r\n".utf8)
        if !headers.contains("host") { request += Array("Host: bot.example\r\n".utf8) }
        headers.write(to: &request)
        if !headers.contains("transfer-encoding"), !body.isEmpty || method == .post {
            request += Array("Content-Length: \(body.count)\r\n".utf8)
        }
        request += Array("Connection: close\r\n\r\n".utf8)
        guard let address = self.gateway.boundAddress else { throw SystemError("the gateway is not bound", code: 0) }
        let received = try await Exchange.run(request + body, with: address)
        return Self.parse(received)
    }

    private static func parse(_ bytes: [UInt8]) -> Answer {
        let mark = Array("\r\n\r\n".utf8)
        let end = bytes.indices.first { bytes[$0...].starts(with: mark) } ?? bytes.endIndex
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let body = bytes[min(end + 4, bytes.endIndex)...]
        let isChunked = headers.contains("transfer-encoding", token: "chunked")
        return Answer(status: status, headers: headers, body: isChunked ? Self.joined(body) : Array(body))
    }

    /// The content of chunks; what follows an incomplete one is left out.
    private static func joined(_ chunks: ArraySlice<UInt8>) -> [UInt8] {
        var rest = chunks
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0,
            rest.endIndex - end >= count + 4
        {
            body += rest[(end + 2)..<(end + 2 + count)]
            rest = rest[(end + 4 + count)...]
        }
        return body
    }
}

/// One request, and everything received until the server closes the connection.
@Net
final class Exchange {
    private let descriptor: FileDescriptor
    private var registration: Registration?
    private var received: [UInt8] = []
    private var unsent: ArraySlice<UInt8>
    private var isEnded = false
    private let changed = WaitList()

    static func run(_ request: [UInt8], with address: SocketAddress) async throws -> [UInt8] {
        let exchange = Exchange(try await Socket.connected(to: address), request)
        let number = exchange.descriptor.rawValue
        exchange.registration = try EventLoop.shared.watch(number, [.readable, .writable]) { _ in exchange.move() }
        while !exchange.isEnded { try await exchange.changed.wait() }
        exchange.registration?.cancel()
        return exchange.received
    }

    private init(_ descriptor: consuming FileDescriptor, _ request: [UInt8]) {
        self.descriptor = descriptor
        self.unsent = request[...]
    }

    private func move() {
        while !self.unsent.isEmpty {
            guard case .moved(let count) = Socket.write(self.descriptor.rawValue, Array(self.unsent)) else { break }
            self.unsent = self.unsent.dropFirst(count)
        }
        if self.unsent.isEmpty { self.registration?.modify(.readable) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        reading: while true {
            switch buffer.withUnsafeMutableBytes({ Socket.read(self.descriptor.rawValue, into: $0) }) {
            case .moved(0), .failed:
                self.isEnded = true
                break reading
            case .moved(let count): self.received += buffer[..<count]
            case .wouldBlock: break reading
            }
        }
        self.changed.wakeAll()
    }
}
